// The subcommands.
#pragma once

#include "exit_code.hpp"
#include "options.hpp"

namespace inflight::app {

ExitCode run_command(const Options& options);
ExitCode verify_command(const Options& options);
ExitCode compare_command(const Options& options);
ExitCode info_command(const Options& options);
ExitCode devices_command();

}  // namespace inflight::app
