// inflight verify: the asynchronous run gives, bit for bit and frame by frame, what the synchronous one gives.
#include <fmt/format.h>

#include <cstdio>
#include <vector>

#include "commands.hpp"
#include "progress.hpp"
#include "signals.hpp"

namespace inflight::app {
namespace {

/// What is compared: everything a frame's line in the JSON output says.
struct Run {
  std::vector<std::string> lines;
  RunSummary summary;
};

Result<Run> run(const Options& options, const Detector& detector, Api api) {
  Result<std::unique_ptr<Source>> source = open_source(options.input, options.source);
  if (!source) return fail(std::move(source.error()));
  PipelineOptions pipeline_options = options.pipeline;
  pipeline_options.api = api;
  Pipeline pipeline(detector, pipeline_options);
  pipeline.add_source(std::move(*source));
  Run run;
  pipeline.on_result([&run](const FrameResult& result) { run.lines.push_back(to_json(result)); });
  Result<RunSummary> summary = [&] {
    ProgressDisplay progress(pipeline, options.quiet);
    return pipeline.run();
  }();
  if (!summary) return fail(std::move(summary.error()));
  run.summary = std::move(*summary);
  return run;
}

/// Prints the first few differences. Returns how many there are.
std::size_t print_differences(const Run& sync, const Run& async) {
  constexpr std::size_t kShown = 5;
  std::size_t differences = 0;
  std::size_t most = std::max(sync.lines.size(), async.lines.size());
  for (std::size_t i = 0; i < most; ++i) {
    std::string a = i < sync.lines.size() ? sync.lines[i] : "(no such frame)";
    std::string b = i < async.lines.size() ? async.lines[i] : "(no such frame)";
    if (a == b) continue;
    if (differences++ < kShown) fmt::print(stderr, "result {}:\n  sync:  {}\n  async: {}\n", i, a, b);
  }
  return differences;
}

ExitCode compare(const Options& options, const Run& sync, const Run& async) {
  std::size_t differences = print_differences(sync, async);
  bool adds_up = sync.summary.frames.adds_up() && async.summary.frames.adds_up();
  if (!adds_up) fmt::print(stderr, "inflight: frames are unaccounted for; please report this\n");
  if (differences > 0) fmt::print(stderr, "inflight: {} of {} results differ\n", differences, sync.lines.size());
  if (differences > 0 || !adds_up) return ExitCode::run_failed;
  if (!options.quiet)
    fmt::print("{} frames: asynchronous equals synchronous, bit for bit and in order\n", sync.lines.size());
  return report_end(async.summary);
}

}  // namespace

ExitCode verify_command(const Options& options) {
  SignalWatch signals([] {});  // nothing is written: a signal ends it
  if (Result<void> ok = check_repeatable(options); !ok) return report(ok.error());
  Result<Detector> detector = make_detector(options.model, options.device, options.detector);
  if (!detector) return report(detector.error());
  Result<Run> sync = run(options, *detector, Api::sync);
  if (!sync) return report(sync.error());
  Result<Run> async = run(options, *detector, Api::async);
  if (!async) return report(async.error());
  return compare(options, *sync, *async);
}

}  // namespace inflight::app
