// What the command line can say about a run, shared by the subcommands.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "inflight/inflight.hpp"

namespace CLI {
class App;
}

namespace inflight::app {

struct Options {
  std::string model;
  std::string input;
  std::string device = "CPU";
  std::optional<PerformanceHint> hint;  ///< not given: throughput, but latency for a synchronous run to compare with
  Api api = Api::async;
  DetectorOptions detector;
  SourceOptions source;
  PipelineOptions pipeline;
  std::vector<std::string> properties;  ///< NAME=VALUE, as given

  std::string output;  ///< a video, or a folder for images
  int encode_threads = 0;
  std::string codec;
  std::string json;
  std::string summary;
  std::string report;    ///< HTML
  std::string timeline;  ///< HTML
  std::string trace;     ///< Chrome-trace JSON
  std::string metrics;   ///< PORT or ADDRESS:PORT
  bool show = false;
  bool calibrate = false;
  bool quiet = false;
  bool verbose = false;
  int rounds = 3;
  std::vector<std::string> configs;  ///< of compare: NAME=ARGUMENTS
};

/// -m, -d and all that decides how a model is compiled. `by_place`: the model may also be named without a flag.
void add_engine_options(CLI::App& command, Options& options, bool by_place = false);
/// The same, and how its outputs are read.
void add_model_options(CLI::App& command, Options& options, bool by_place = false);
/// -i and all that decides which frames are read.
void add_source_options(CLI::App& command, Options& options);
/// Requests, credits, quiet.
void add_run_options(CLI::App& command, Options& options);
/// -o, --json, --summary, --show, --report, --timeline, --trace, --metrics.
void add_output_options(CLI::App& command, Options& options);
/// --rounds, and outputs that are measured.
void add_compare_options(CLI::App& command, Options& options);

/// Applies what needs more than one option. Errors: invalid_argument.
Result<void> resolve(Options& options);

/// For commands that play the input more than once: can it be read, and does it end? Errors: unreadable_input,
/// invalid_argument.
Result<void> check_repeatable(const Options& options);

}  // namespace inflight::app
