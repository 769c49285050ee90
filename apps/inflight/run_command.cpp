// inflight run: a model over a source, into files.
#include <fmt/format.h>

#include <cstdio>

#include "commands.hpp"
#include "metrics.hpp"
#include "outputs.hpp"
#include "progress.hpp"
#include "recording.hpp"
#include "signals.hpp"

namespace inflight::app {
namespace {

Result<Calibration> calibrate_run(const Options& options, const Detector& detector) {
  Result<std::unique_ptr<Source>> source = open_source(options.input, options.source);
  if (!source) return fail(std::move(source.error()));
  Result<std::unique_ptr<Sink>> sink = open_discarded_outputs(options, (*source)->info());
  if (!sink) return fail(std::move(sink.error()));
  return calibrate(detector, **source, sink->get(), options.pipeline);
}

/// The first signal: what was read is finished. The second: only what the device works on.
void on_signal(const Options& options, Pipeline& pipeline, int count) {
  if (!options.quiet)
    fmt::print(stderr, "\ninflight: {}\n",
               count == 1 ? "closing; what was read will be finished" : "stopping; what waits is dropped");
  count == 1 ? pipeline.close() : pipeline.stop();
}

/// Those who look on while a run goes on.
struct Onlookers {
  SignalWatch& signals;
  Recording& recording;
  Metrics* metrics;  ///< nullptr: nobody asked
};

Result<RunSummary> run_pipeline(const Options& options, const Detector& detector, std::unique_ptr<Source> source,
                                Onlookers onlookers) {
  SourceInfo info = source->info();
  PipelineOptions how = options.pipeline;
  how.recorder = onlookers.recording.recorder();
  Pipeline pipeline(detector, how);
  Result<Sinks> sinks = open_outputs(options, info, [&pipeline] { pipeline.close(); });
  if (!sinks) return fail(std::move(sinks.error()));
  pipeline.add_source(std::move(source), std::move(*sinks));
  auto handling = onlookers.signals.handle([&](int count) { on_signal(options, pipeline, count); });
  auto watched = onlookers.metrics ? onlookers.metrics->watch(pipeline, detector.model) : nullptr;
  ProgressDisplay progress(pipeline, options.quiet);
  onlookers.recording.begin(pipeline);
  Result<RunSummary> summary = pipeline.run();
  onlookers.recording.end(pipeline);
  return summary;
}

Result<std::unique_ptr<Metrics>> start_metrics(const Options& options) {
  if (options.metrics.empty()) return nullptr;
  Result<std::unique_ptr<Metrics>> metrics = serve_metrics(options.metrics);
  if (metrics && !options.quiet) fmt::print(stderr, "inflight: metrics at {}\n", (*metrics)->url());
  return metrics;
}

/// What the devices do is counted, too.
Result<Detector> make_watched_detector(const Options& options, Metrics* metrics) {
  DetectorOptions how = options.detector;
  if (metrics)
    how.compile.on_event = [metrics, told = options.detector.compile.on_event](const DeviceEvent& event) {
      metrics->add(event);
      if (told) told(event);
    };
  return make_detector(options.model, options.device, how);
}

Result<RunSummary> run(const Options& options, SignalWatch& signals, Recording& recording) {
  if (Result<void> ok = check_outputs(options); !ok) return fail(std::move(ok.error()));
  Result<std::unique_ptr<Metrics>> metrics = start_metrics(options);
  if (!metrics) return fail(std::move(metrics.error()));
  Result<std::unique_ptr<Source>> source = open_source(options.input, options.source);
  if (!source) return fail(std::move(source.error()));
  Result<Detector> detector = make_watched_detector(options, metrics->get());
  if (!detector) return fail(std::move(detector.error()));

  std::optional<Calibration> calibration;
  if (options.calibrate) {
    Result<Calibration> measured = calibrate_run(options, *detector);
    if (!measured) return fail(std::move(measured.error()));
    calibration = std::move(*measured);
  }
  Result<RunSummary> summary =
      run_pipeline(options, *detector, std::move(*source), {signals, recording, metrics->get()});
  if (summary && calibration) apply(*calibration, *summary);
  return summary;
}

void print_summary(RunSummary summary) {
  // What ended the run is told in the last line, where people look, and once.
  std::erase_if(summary.events, [&](const Event& event) { return event.text == summary.error; });
  summary.error.clear();
  fmt::print(stderr, "{}", to_text(summary));
}

ExitCode end_of(const Options& options, const RunSummary& summary) {
  bool nothing = summary.frames.read == 0 && summary.error.empty() && options.source.start > 0;
  if (!nothing) return report_end(summary);
  return report({ErrorCode::invalid_argument,
                 fmt::format("{}: gave no frame; --start {} is beyond its end", options.input, options.source.start)});
}

}  // namespace

ExitCode run_command(const Options& options) {
  SignalWatch signals(remove_discarded_outputs);
  Recording recording(options);
  Result<RunSummary> summary = run(options, signals, recording);
  if (!summary) return report(summary.error());
  if (!options.quiet) print_summary(*summary);
  Result<void> written;
  if (!options.summary.empty()) written = write_text(options.summary, to_json(*summary));
  if (Result<void> recorded = recording.write(*summary); written) written = std::move(recorded);
  ExitCode end = end_of(options, *summary);
  if (written) return end;
  ExitCode unwritten = report(written.error());
  return end == ExitCode::done ? unwritten : end;
}

}  // namespace inflight::app
