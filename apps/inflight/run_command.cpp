// inflight run: a model over a source, into files.
#include <fmt/format.h>

#include "commands.hpp"
#include "console.hpp"
#include "inputs.hpp"
#include "list_watch.hpp"
#include "metrics.hpp"
#include "models.hpp"
#include "outputs.hpp"
#include "progress.hpp"
#include "reads.hpp"
#include "recording.hpp"
#include "signals.hpp"
#include "sinks.hpp"

namespace inflight::app {
namespace {

/// What a run is made of, before it is one.
struct Parts {
  Models models;
  std::vector<Input> inputs;
  std::vector<std::unique_ptr<Source>> sources;  ///< by input

  Parts() = default;
  Parts(Parts&&) = default;
};

/// As quickly as they can be read, on the first input: what each step costs does not depend on the pace.
Result<Calibration> calibrate_run(const Options& options, const Parts& parts) {
  Input input = copy_of(parts.inputs.front());
  input.source.realtime = false;
  Result<std::unique_ptr<Source>> source = open_input(input);
  if (!source) return fail(std::move(source.error()));
  Result<std::unique_ptr<Sink>> sink = open_discarded_outputs(options, (*source)->info());
  if (!sink) return fail(std::move(sink.error()));
  return calibrate(parts.models.models, **source, sink->get(), options.pipeline);
}

/// The first signal: what was read is finished. The second: only what the device works on.
void on_signal(const Options& options, Pipeline& pipeline, int count) {
  if (!options.quiet)
    tell("\ninflight: {}\n",
         count == 1 ? "closing; what was read will be finished" : "stopping; what waits is dropped");
  count == 1 ? pipeline.close() : pipeline.stop();
}

/// Those who look on while a run goes on.
struct Onlookers {
  SignalWatch& signals;
  Recording& recording;
  Metrics* metrics;  ///< nullptr: nobody asked
};

/// The source with pictures of its own, where they are asked for.
Result<void> add_source(Pipeline& pipeline, const Options& options, Input input, std::unique_ptr<Source> source) {
  Result<Sinks> pictures = open_pictures(options, source->info(), [&pipeline] { pipeline.close(); });
  if (!pictures) return fail(std::move(pictures.error()));
  input.setup.sinks = std::move(*pictures);
  pipeline.add_source(std::move(source), std::move(input.setup));
  return {};
}

Result<void> add_sources(Pipeline& pipeline, const Options& options, Parts& parts) {
  bool several = parts.inputs.size() > 1 || options.watch;
  for (SourceId id = 0; id < parts.inputs.size(); ++id) {
    Options own = options;
    if (several) own.output = output_of(options.output, id);
    own.pipeline.max_frame_bytes /= parts.inputs.size();  // the sinks of a source have its part
    if (Result<void> ok = add_source(pipeline, own, std::move(parts.inputs[id]), std::move(parts.sources[id])); !ok)
      return ok;
  }
  // Last, since opening a file that exists empties it, and what comes before may fail.
  Result<Sinks> lines = open_lines(options);
  if (!lines) return fail(std::move(lines.error()));
  for (auto& sink : *lines) pipeline.add_sink(std::move(sink));
  keep_outputs();
  return {};
}

Result<RunSummary> run_pipeline(const Options& options, Parts parts, Onlookers onlookers) {
  PipelineOptions how = options.pipeline;
  how.recorder = onlookers.recording.recorder();
  how.keep_open = options.watch;
  std::shared_ptr<CompiledModel> model = parts.models.models.front().detector.model;
  std::vector<Input> inputs;
  for (const Input& input : parts.inputs) inputs.push_back(copy_of(input));
  Pipeline pipeline(std::move(parts.models.models), how);
  if (parts.models.cascade) pipeline.set_cascade(std::move(*parts.models.cascade));
  if (Result<void> ok = add_sources(pipeline, options, parts); !ok) return fail(std::move(ok.error()));
  auto handling = onlookers.signals.handle([&](int count) { on_signal(options, pipeline, count); });
  auto watched = onlookers.metrics ? onlookers.metrics->watch(pipeline, std::move(model)) : nullptr;
  std::optional<ListWatch> lists;
  if (options.watch) lists.emplace(options, pipeline, std::move(inputs));
  ProgressDisplay progress(pipeline, options.quiet);
  onlookers.recording.begin(pipeline);
  Result<RunSummary> summary = pipeline.run();
  onlookers.recording.end(pipeline);
  return summary;
}

Result<std::unique_ptr<Metrics>> start_metrics(const Options& options) {
  if (options.metrics.empty()) return nullptr;
  Result<std::unique_ptr<Metrics>> metrics = serve_metrics(options.metrics);
  if (metrics && !options.quiet) tell("inflight: metrics at {}\n", (*metrics)->url());
  return metrics;
}

/// Those that cannot be opened are left out where the user said so.
Result<void> open_sources(const Options& options, Parts& parts) {
  std::vector<Input> usable;
  for (Input& input : parts.inputs) {
    Result<std::unique_ptr<Source>> source = open_input(input);
    if (!source && !options.skip_bad) return fail(std::move(source.error()));
    if (!source) {
      tell("inflight: left out: {}\n", source.error().message);
      continue;
    }
    parts.sources.push_back(std::move(*source));
    usable.push_back(std::move(input));
  }
  parts.inputs = std::move(usable);
  if (!parts.inputs.empty() || options.watch) return {};
  return fail(ErrorCode::unreadable_input, "none of the inputs can be used");
}

/// Now that it is known how many sources there are; and what lists named is read, too.
Result<void> take_pictures(const Options& options, const std::vector<Input>& inputs) {
  bool several = inputs.size() > 1 || options.watch;
  if (several && options.output == "-")
    return fail(ErrorCode::invalid_argument, "-o - is one video; name one input, or a file for each with -o FILE.mp4");
  Outputs outputs;
  for (SourceId id = 0; id < inputs.size(); ++id)
    outputs.push_back({"-o", several ? output_of(options.output, id) : options.output, OutputKind::pictures});
  return take_outputs(outputs, {inputs_read(specs_of(inputs))});
}

Result<Parts> make_parts(const Options& options, Metrics* metrics) {
  Parts parts;
  Result<std::vector<Input>> inputs = named_inputs(options);
  if (!inputs) return fail(std::move(inputs.error()));
  parts.inputs = std::move(*inputs);
  if (options.show && (parts.inputs.size() > 1 || options.watch))
    return fail(ErrorCode::invalid_argument, "--show has one window; name one input, or use -o");
  if (Result<void> ok = take_pictures(options, parts.inputs); !ok) return fail(std::move(ok.error()));
  if (Result<void> opened = open_sources(options, parts); !opened) return fail(std::move(opened.error()));
  OnDeviceEvent told;
  if (metrics) told = [metrics](const DeviceEvent& event) { metrics->add(event); };
  Options known = options;
  if (!parts.sources.empty())  // not opened twice: cameras may have one client
    known.detector.picture_size = [size = parts.sources.front()->info().size] { return size; };
  Result<Models> models = make_models(known, told);
  if (!models) return fail(std::move(models.error()));
  parts.models = std::move(*models);
  return parts;
}

Result<RunSummary> run(const Options& options, SignalWatch& signals, Recording& recording) {
  if (Result<void> ok = take_outputs(outputs_of(options), named_reads(options)); !ok)
    return fail(std::move(ok.error()));
  Result<std::unique_ptr<Metrics>> metrics = start_metrics(options);
  if (!metrics) return fail(std::move(metrics.error()));
  Result<Parts> parts = make_parts(options, metrics->get());
  if (!parts) return fail(std::move(parts.error()));

  std::optional<Calibration> calibration;
  if (options.calibrate && !parts->inputs.empty()) {
    Result<Calibration> measured = calibrate_run(options, *parts);
    if (measured) {
      calibration = std::move(*measured);
    } else if (exit_code(measured.error().code) == ExitCode::run_failed) {
      // Not the end of the run: it meets the same, and accounts for it.
      tell("inflight: not calibrated: {}\n", redacted_text(measured.error().message));
    } else {
      return fail(std::move(measured.error()));
    }
  }
  Result<RunSummary> summary = run_pipeline(options, std::move(*parts), {signals, recording, metrics->get()});
  if (summary && calibration) apply(*calibration, *summary);
  return summary;
}

void print_summary(RunSummary summary) {
  // What ended the run, and what makes it doubtful, is told in the last lines, where people look, and once.
  std::erase_if(summary.events,
                [&](const Event& event) { return event.text == summary.error || event.kind == "nothing_found"; });
  summary.error.clear();
  tell("{}", to_text(summary));
}

ExitCode end_of(const Options& options, const RunSummary& summary) {
  bool nothing = summary.frames.read == 0 && summary.error.empty() && options.source.start > 0;
  if (!nothing) return report_end(summary);
  return report({ErrorCode::invalid_argument, fmt::format("{}: gave no frame; --start {} is beyond its end",
                                                          redacted(options.input), options.source.start)});
}

}  // namespace

ExitCode run_command(const Options& options) {
  SignalWatch signals([] {});
  Recording recording(options);
  Result<RunSummary> summary = run(options, signals, recording);
  if (!summary) return report(summary.error());
  if (!options.quiet) print_summary(*summary);
  if (!options.quiet) report_doubts(*summary);
  Result<void> written;
  if (!options.summary.empty()) written = write_text(options.summary, to_json(*summary));
  if (Result<void> recorded = recording.write(*summary); written) written = std::move(recorded);
  ExitCode end = end_of(options, *summary);
  if (written) return end;
  ExitCode unwritten = report(written.error());
  return end == ExitCode::done ? unwritten : end;
}

}  // namespace inflight::app
