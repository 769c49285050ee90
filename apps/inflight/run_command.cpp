// inflight run: a model over a source, into files.
#include <fmt/format.h>

#include <cstdio>

#include "commands.hpp"
#include "outputs.hpp"
#include "progress.hpp"
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

Result<RunSummary> run_pipeline(const Options& options, const Detector& detector, std::unique_ptr<Source> source) {
  SourceInfo info = source->info();
  Pipeline pipeline(detector, options.pipeline);
  Result<Sinks> sinks = open_outputs(options, info, [&pipeline] { pipeline.close(); });
  if (!sinks) return fail(std::move(sinks.error()));
  pipeline.add_source(std::move(source), std::move(*sinks));
  SignalWatch signals([&](int count) { count == 1 ? pipeline.close() : pipeline.stop(); });
  ProgressDisplay progress(pipeline, options.quiet);
  return pipeline.run();
}

Result<RunSummary> run(const Options& options) {
  if (Result<void> ok = check_outputs(options); !ok) return fail(std::move(ok.error()));
  Result<std::unique_ptr<Source>> source = open_source(options.input, options.source);
  if (!source) return fail(std::move(source.error()));
  Result<Detector> detector = make_detector(options.model, options.device, options.detector);
  if (!detector) return fail(std::move(detector.error()));

  std::optional<Calibration> calibration;
  if (options.calibrate) {
    Result<Calibration> measured = calibrate_run(options, *detector);
    if (!measured) return fail(std::move(measured.error()));
    calibration = std::move(*measured);
  }
  Result<RunSummary> summary = run_pipeline(options, *detector, std::move(*source));
  if (summary && calibration) apply(*calibration, *summary);
  return summary;
}

/// A run that ended badly has kept what it could; its exit code tells how it ended.
ExitCode end_of(const RunSummary& summary) {
  if (summary.error.empty()) return summary.frames.total_failed() == 0 ? ExitCode::done : ExitCode::run_failed;
  bool source = std::ranges::any_of(summary.events, [](const Event& e) { return e.kind == "source_failed"; });
  return source ? ExitCode::unreadable_input : ExitCode::run_failed;
}

}  // namespace

ExitCode run_command(const Options& options) {
  block_signals();
  Result<RunSummary> summary = run(options);
  if (!summary) return report(summary.error());
  if (!options.quiet) fmt::print(stderr, "{}", to_text(*summary));
  if (!options.summary.empty())
    if (Result<void> written = write_text(options.summary, to_json(*summary)); !written) return report(written.error());
  if (!summary->error.empty()) fmt::print(stderr, "inflight: {}\n", summary->error);
  return end_of(*summary);
}

}  // namespace inflight::app
