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

/// How several models share the machine.
enum class Mode : std::uint8_t { shared, serial, threads, processes, coroutines };

struct Options {
  std::vector<std::string> models;  ///< of run and compare, as given; `model` is the first one's file
  std::string model;
  std::vector<std::string> inputs;  ///< the same of inputs
  std::string input;
  Mode mode = Mode::shared;
  bool engine_defaults = false;  ///< threads as engines choose them by themselves
  std::string then;              ///< a cascade's model, as -m
  std::string then_device;       ///< empty: BATCH over `device`
  std::vector<std::string> on_labels;
  int cpus = 0;  ///< 0: what this process may use
  OverflowPolicy overflow = OverflowPolicy::wait;
  Duration max_age{0};
  bool skip_bad = false;
  bool watch = false;  ///< follow changes of source lists
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
  bool compare_modes = false;
  std::vector<std::string> words;         ///< the command line, without the program
  std::vector<std::string> config_files;  ///< that were read into it
};

/// -m, -d and all that decides how a model is compiled. `by_place`: the model may also be named without a flag.
void add_engine_options(CLI::App& command, Options& options, bool by_place = false);
/// The same, and how its outputs are read.
void add_model_options(CLI::App& command, Options& options, bool by_place = false);
/// -i and all that decides which frames are read.
void add_source_options(CLI::App& command, Options& options);
/// Several models, several sources, one budget: --mode, --then, --cpus, --overflow, … `command` has -m and -i already.
void add_sharing_options(CLI::App& command, Options& options);
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
