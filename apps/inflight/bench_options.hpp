// What `inflight bench` can be told: benchmark_app's flags, spelt its way or ours, and more.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "inflight/measure.hpp"
#include "options.hpp"

namespace inflight::app {

struct BenchOptions {
  std::optional<Api> api;  ///< not given: sync under the hint latency, else async
  Duration duration{0};
  std::uint64_t iterations = 0;
  int batch = 0;
  std::string shape, data_shape;
  std::string input_type, output_type;
  std::vector<std::string> inputs;
  bool inference_only = true;
  std::string pin;
  bool no_warm_up = false;
  int latency_percentile = 50;

  std::optional<Duration> interval;
  std::optional<double> rate;
  std::optional<Scenario> scenario;
  std::optional<double> percentile;
  Duration max_latency{0};
  int burst = 8;
  std::uint64_t min_queries = 0;
  std::uint64_t seed = 1;

  bool counters = false;       ///< -pc
  std::string counters_order;  ///< -pcsort
  std::string report_type, report_folder;
  bool json_stats = false;
  std::string load_config, dump_config;
  std::string summary, report, timeline, trace;
};

/// `options` takes what bench shares with the other commands.
void add_bench_options(CLI::App& command, Options& options, BenchOptions& bench);

/// The arguments of the program with benchmark_app's spelling (-hint, -niter, …) changed into ours, where the command
/// is bench. CLI11 would read -hint as -h -i -n -t.
std::vector<std::string> with_familiar_flags(int argc, char** argv);

/// What needs more than one option, and files that are named. Errors: invalid_argument, unreadable_input.
Result<void> resolve(Options& options, BenchOptions& bench);

}  // namespace inflight::app
