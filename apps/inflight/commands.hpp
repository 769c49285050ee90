// The subcommands.
#pragma once

#include "bench_options.hpp"
#include "exit_code.hpp"
#include "options.hpp"

namespace inflight::app {

ExitCode run_command(const Options& options);
ExitCode verify_command(const Options& options);
ExitCode compare_command(const Options& options);
ExitCode info_command(const Options& options);
ExitCode devices_command();
ExitCode bench_command(Options& options, BenchOptions& bench);

}  // namespace inflight::app
