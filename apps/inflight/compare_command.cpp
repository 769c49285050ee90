// inflight compare: sync, async and other settings side by side, in interleaved rounds, with the limit they could
// reach.
#include <fmt/format.h>

#include <algorithm>

#include "commands.hpp"
#include "configuration.hpp"
#include "console.hpp"
#include "long_command.hpp"
#include "outputs.hpp"
#include "progress.hpp"
#include "signals.hpp"
#include "sinks.hpp"

namespace inflight::app {
namespace {

/// One of the runs to compare: its own options and its own compiled model.
struct Contestant {
  ComparedRun run;
  Options options;
  Detector detector;
};

Result<Contestant> prepare(const std::string& name, Options options) {
  DetectorOptions detector = options.detector;
  // The notebook's loop is at its best when one inference gets all cores.
  if (!options.hint)
    detector.compile.hint = options.api == Api::sync ? PerformanceHint::latency : PerformanceHint::throughput;
  Result<Detector> made = make_detector(options.model, options.device, detector);
  if (!made) return fail(std::move(made.error()));
  options.pipeline.api = options.api;
  return Contestant{{name, {}}, std::move(options), std::move(*made)};
}

/// sync, async, and what --config names.
Result<std::vector<std::pair<std::string, Options>>> entries(const Options& options) {
  std::vector<std::pair<std::string, Options>> all;
  for (Api api : {Api::sync, Api::async}) {
    all.emplace_back(api == Api::sync ? "sync" : "async", options);
    all.back().second.api = api;
  }
  for (const std::string& config : options.configs) {
    auto named = parse_named(config);
    if (!named) return fail(std::move(named.error()));
    Result<Options> with = with_arguments(options, named->second);
    if (!with) return fail({with.error().code, fmt::format("--config {}: {}", named->first, with.error().message)});
    all.emplace_back(std::move(named->first), std::move(*with));
  }
  return all;
}

Result<std::unique_ptr<Source>> open(const Options& options) { return open_source(options.input, options.source); }

Result<Calibration> measure_stages(const Contestant& contestant) {
  const Options& options = contestant.options;
  Result<std::unique_ptr<Source>> source = open(options);
  if (!source) return fail(std::move(source.error()));
  Result<std::unique_ptr<Sink>> sink = open_discarded_outputs(options, (*source)->info());
  if (!sink) return fail(std::move(sink.error()));
  return calibrate(contestant.detector, **source, sink->get(), options.pipeline);
}

Result<RunSummary> run_once(const Contestant& contestant, const Interruption& interruption) {
  const Options& options = contestant.options;
  Result<std::unique_ptr<Source>> source = open(options);
  if (!source) return fail(std::move(source.error()));
  Result<std::unique_ptr<Sink>> sink = open_discarded_outputs(options, (*source)->info());
  if (!sink) return fail(std::move(sink.error()));
  Pipeline pipeline(contestant.detector, options.pipeline);
  pipeline.add_source(std::move(*source));
  pipeline.add_sink(std::move(*sink));
  ProgressDisplay progress(pipeline, options.quiet);
  std::stop_callback stopping(interruption.token(), [&pipeline] { pipeline.stop(); });
  return pipeline.run();
}

/// By the first few frames of the notebook's loop: the other runs are there to be faster.
Result<void> tell_outlook(const Options& options, const Contestant& first, std::size_t contestants) {
  constexpr int kFrames = 32;
  constexpr double kCalibration = 1.5;  // of a run that long: each stage alone, 200 frames
  SourceOptions few = options.source;
  few.limit = few.limit == 0 ? kFrames : std::min<std::uint64_t>(few.limit, kFrames);
  Result<std::unique_ptr<Source>> all = open(options), source = open_source(options.input, few);
  if (!all || !source) return fail(std::move((all ? source : all).error()));
  Pipeline pipeline(first.detector, first.options.pipeline);
  pipeline.add_source(std::move(*source));
  Result<RunSummary> summary = pipeline.run();
  if (!summary) return fail(std::move(summary.error()));
  const double runs = options.rounds * static_cast<double>(contestants);
  std::string what = fmt::format("{} runs", runs);
  std::optional<std::uint64_t> frames = (*all)->info().frames;
  if (!frames || summary->fps <= 0) return tell_length(options, what, "how long is not known"), Result<void>();
  double each = (static_cast<double>(*frames) + kCalibration * 200) / summary->fps;
  tell_length(options, what + fmt::format(" over {} frames", *frames), "up to about " + rough_time(each * runs));
  return {};
}

/// The limit is measured just before each run, so that a machine that changes its speed changes both.
Result<void> play_round(const Options& options, std::vector<Contestant>& contestants, int round,
                        const Interruption& interruption) {
  for (Contestant& contestant : contestants) {
    if (!options.quiet) tell("round {} of {}: {}\n", round + 1, options.rounds, contestant.run.name);
    Result<Calibration> calibration = measure_stages(contestant);
    if (!calibration) return fail(std::move(calibration.error()));
    if (interruption.is_requested()) return {};
    Result<RunSummary> summary = run_once(contestant, interruption);
    if (!summary) return fail(std::move(summary.error()));
    if (summary->frames.total_failed() > 0)  // a run without part of its work cannot be compared
      return fail(ErrorCode::engine_failed, contestant.run.name + ": " + failures_text(summary->frames));
    apply(*calibration, *summary);
    contestant.run.rounds.push_back(std::move(*summary));
  }
  return {};
}

/// Before any work. Of the outputs, only the summary and the report are kept.
Result<void> check(const Options& options) {
  Outputs kept{{"--summary", options.summary, OutputKind::data}, {"--report", options.report}};
  if (Result<void> ok = take_outputs(kept, named_reads(options)); !ok) return ok;
  return check_repeatable(options);
}

/// A round that was cut short compares nothing.
void keep_whole_rounds(std::vector<Contestant>& contestants, int rounds) {
  for (Contestant& contestant : contestants)
    contestant.run.rounds.resize(std::min(contestant.run.rounds.size(), static_cast<std::size_t>(rounds)));
}

Result<std::vector<ComparedRun>> compare(const Options& options, Interruption& interruption) {
  if (Result<void> ok = check(options); !ok) return fail(std::move(ok.error()));
  auto all = entries(options);
  if (!all) return fail(std::move(all.error()));
  std::vector<Contestant> contestants;
  for (auto& [name, own] : *all) {
    Result<Contestant> contestant = prepare(name, std::move(own));
    if (!contestant) return fail(std::move(contestant.error()));
    contestants.push_back(std::move(*contestant));
  }
  if (Result<void> told = tell_outlook(options, contestants.front(), contestants.size()); !told)
    return fail(std::move(told.error()));
  for (int round = 0; round < options.rounds && !interruption.is_requested(); ++round) {
    Result<void> played = play_round(options, contestants, round, interruption);
    if (!played) return fail(std::move(played.error()));
    if (interruption.is_requested()) keep_whole_rounds(contestants, round);
    interruption.answer_known();
  }
  std::vector<ComparedRun> runs;
  for (Contestant& contestant : contestants) runs.push_back(std::move(contestant.run));
  return runs;
}

/// What ended badly is measured as far as it came; the first such run is told of.
ExitCode end_of(const std::vector<ComparedRun>& runs) {
  for (const ComparedRun& run : runs)
    for (const RunSummary& round : run.rounds)
      if (ExitCode end = report_end(round); end != ExitCode::done) return end;
  return ExitCode::done;
}

}  // namespace

ExitCode compare_command(const Options& options) {
  if (options.watch)
    return report({ErrorCode::invalid_argument, "compare plays its input to the end; leave out --watch"});
  if (options.compare_modes) return modes_command(options);
  if (!options.then.empty() || options.mode != Mode::shared)
    return report({ErrorCode::invalid_argument, "--then and --mode are for several models; add --modes"});
  if (options.models.size() > 1 || options.inputs.size() > 1)
    return report(
        {ErrorCode::invalid_argument, "compare takes one model and one input, or several models with --modes"});
  SignalWatch signals([] {});
  Interruption interruption(signals);  // half a round is none: the first one is known when it is whole
  Result<std::vector<ComparedRun>> runs = compare(options, interruption);
  if (!runs) return report(runs.error());
  // Where the numbers go to standard output, the table must not mix with them.
  put_beside(options.summary, compare_text(*runs));
  if (!options.summary.empty())
    if (Result<void> written = write_text(options.summary, compare_json(*runs)); !written)
      return report(written.error());
  if (!options.report.empty())
    if (Result<void> written = write_text(options.report, to_html(compare_page(*runs))); !written)
      return report(written.error());
  return end_of(*runs);
}

}  // namespace inflight::app
