// The subcommands.
#pragma once

#include "bench_options.hpp"
#include "capacity_options.hpp"
#include "exit_code.hpp"
#include "ladder_options.hpp"
#include "options.hpp"
#include "timeline_options.hpp"
#include "tune_options.hpp"

namespace inflight::app {

ExitCode run_command(const Options& options);
ExitCode verify_command(const Options& options);
ExitCode compare_command(const Options& options);
ExitCode info_command(const Options& options);
ExitCode devices_command();
ExitCode bench_command(Options& options, BenchOptions& bench);
ExitCode timeline_command(Options& options, TimelineOptions& paced);
ExitCode ladder_command(const Options& options, const LadderOptions& ladder);
ExitCode capacity_command(const Options& options, const CapacityOptions& goal);
ExitCode modes_command(const Options& options);
ExitCode tune_command(const Options& options, const TuneOptions& tune);

}  // namespace inflight::app
