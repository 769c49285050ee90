// inflight verify: the asynchronous run gives, bit for bit and frame by frame, what the synchronous one gives.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <vector>

#include "commands.hpp"
#include "console.hpp"
#include "inflight/detail/joined.hpp"
#include "likeness.hpp"
#include "progress.hpp"
#include "signals.hpp"

namespace inflight::app {
namespace {

/// What is compared: everything a frame's line in the JSON output says, save which device served it.
struct Run {
  std::vector<FrameResult> results;  // without pixels
  std::set<std::string> devices;
  RunSummary summary;
};

FrameResult without_pixels(const FrameResult& result) {
  FrameResult copy = result;
  copy.frame = {};
  copy.frame.source = result.frame.source;
  copy.frame.id = result.frame.id;
  copy.frame.timestamp = result.frame.timestamp;
  copy.device.clear();
  return copy;
}

Result<Run> run(const Options& options, const Detector& detector, Api api) {
  Result<std::unique_ptr<Source>> source = open_source(options.input, options.source);
  if (!source) return fail(std::move(source.error()));
  PipelineOptions pipeline_options = options.pipeline;
  pipeline_options.api = api;
  Pipeline pipeline(detector, pipeline_options);
  pipeline.add_source(std::move(*source));
  Run run;
  pipeline.on_result([&run](const FrameResult& result) {
    run.results.push_back(without_pixels(result));
    if (!result.device.empty()) run.devices.insert(result.device);
  });
  Result<RunSummary> summary = [&] {
    ProgressDisplay progress(pipeline, options.quiet);
    return pipeline.run();
  }();
  if (!summary) return fail(std::move(summary.error()));
  run.summary = std::move(*summary);
  return run;
}

/// Notes how far two results are apart. Whether they pass as the same.
bool is_alike(const FrameResult& a, const FrameResult& b, Difference& most) {
  std::optional<Difference> apart = difference(a, b);
  if (!apart) return false;
  most = most_of(most, *apart);
  return apart->is_tolerable();
}

/// Prints the first few differences. Returns how many there are. `most`: equality is not asked for.
std::size_t print_differences(const Run& sync, const Run& async, Difference* most) {
  constexpr std::size_t kShown = 5;
  std::size_t differences = 0;
  for (std::size_t i = 0; i < std::max(sync.results.size(), async.results.size()); ++i) {
    bool both = i < sync.results.size() && i < async.results.size();
    std::string a = i < sync.results.size() ? to_json(sync.results[i]) : "(no such frame)";
    std::string b = i < async.results.size() ? to_json(async.results[i]) : "(no such frame)";
    if (a == b || (both && most && is_alike(sync.results[i], async.results[i], *most))) continue;
    if (differences++ < kShown) tell("result {}:\n  sync:  {}\n  async: {}\n", i, a, b);
  }
  return differences;
}

void print_success(const Run& sync, const std::set<std::string>& devices, const Difference& most) {
  if (devices.size() < 2) {
    put("{} frames: asynchronous equals synchronous, bit for bit and in order\n", sync.results.size());
    return;
  }
  put("{} frames: asynchronous is like synchronous, and in order; served by {}, which round differently: "
      "scores by up to {:.2g} (tolerance {}), boxes by up to {:.2g} of their size (tolerance {})\n",
      sync.results.size(), detail::joined(devices, ", "), most.score, kScoreTolerance, most.box, kBoxTolerance);
}

ExitCode compare(const Options& options, const Run& sync, const Run& async) {
  std::set<std::string> devices = sync.devices;
  devices.insert(async.devices.begin(), async.devices.end());
  Difference most;
  std::size_t differences = print_differences(sync, async, devices.size() > 1 ? &most : nullptr);
  bool adds_up = sync.summary.frames.adds_up() && async.summary.frames.adds_up();
  if (!adds_up) tell("inflight: frames are unaccounted for; please report this\n");
  if (differences > 0) tell("inflight: {} of {} results differ\n", differences, sync.results.size());
  if (differences > 0 || !adds_up) return ExitCode::run_failed;
  // Two runs that failed alike are equal and show nothing.
  for (const Run* run : {&sync, &async})
    if (run->summary.frames.total_failed() > 0)
      return report({ErrorCode::engine_failed,
                     failures_text(run->summary.frames) + ", so nothing was compared; run --json says why"});
  if (sync.results.empty())
    return report(
        {ErrorCode::unreadable_input, redacted(options.input) + ": it gave no frame, so nothing was compared"});
  if (!options.quiet) print_success(sync, devices, most);
  if (!options.quiet) report_doubts(async.summary);  // nothing equals nothing
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
