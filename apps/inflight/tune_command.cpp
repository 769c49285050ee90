// inflight tune: which settings of the whole pipeline are best on this machine, for this model and this video.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <set>

#include "commands.hpp"
#include "configuration.hpp"
#include "console.hpp"
#include "likeness.hpp"
#include "long_command.hpp"
#include "outputs.hpp"
#include "signals.hpp"
#include "tune_options.hpp"
#include "tune_report.hpp"
#include "tune_space.hpp"

namespace inflight::app {
namespace {

/// Frames of the input whose results are compared with those of the reference.
constexpr std::uint64_t kCompared = 24;

/// A compiled model, or why its settings cannot be used.
struct Candidate {
  std::optional<Detector> detector;
  std::string problem;
  Difference apart;
};

class Tuner {
 public:
  Tuner(const Options& options, const TuneOptions& tune, Interruption& interruption)
      : options_(options), tune_(tune), interruption_(interruption) {}

  Result<TuneResult> run() {
    if (Result<void> ok = measure_reference(); !ok) return fail(std::move(ok.error()));
    tell_outlook();
    SearchOptions search = order();
    search.interrupted = [this] { return interruption_.is_requested(); };
    auto evaluate = [this](std::size_t candidate, double budget) { return score(candidate, budget); };
    TimePoint begin = steady_clock().now();
    std::vector<Ranked> ranking = successive_halving(space_.size(), evaluate, search);
    if (!options_.quiet && isatty(STDERR_FILENO) == 1) tell("\r\x1b[K");
    result_.seconds = to_seconds(steady_clock().now() - begin);
    result_.interrupted = interruption_.is_requested();
    for (const Ranked& ranked : ranking) result_.ranking.push_back(trials_.at(ranked.candidate));
    for (const auto& [index, trial] : trials_)
      if (!trial.problem.empty()) result_.unusable.push_back(trial);
    return std::move(result_);
  }

 private:
  SearchOptions order() const {
    SearchOptions search;
    if (tune_.exhaustive) search.first = 1;
    for (const TuneSetting& setting : space_)
      if (!tune_.exhaustive) search.groups.push_back(setting.model);
    return search;
  }

  std::uint64_t frames_of(double budget) const {
    return static_cast<std::uint64_t>(std::max(16.0, budget * static_cast<double>(tune_.frames)));
  }

  /// The search is gone through without measuring, at the speed of the command line as it is.
  void tell_outlook() const {
    double seconds = 0;
    std::set<std::string> models;
    auto add = [&](std::size_t candidate, double budget) {
      seconds += static_cast<double>(frames_of(budget)) / std::max(1e-3, result_.reference.fps);
      if (models.insert(space_[candidate].model).second)
        seconds += compile_s_ + kCompared / std::max(1e-3, result_.reference.fps);
      return std::optional(0.0);
    };
    successive_halving(space_.size(), add, order());
    tell_length(options_, fmt::format("{} settings", space_.size()),
                fmt::format("about {}, if they are as fast as the command line as it is", rough_time(seconds)));
  }

  /// What the command line says, without anything tuned: whose results count, and what must be beaten.
  Result<void> measure_reference() {
    TimePoint begin = steady_clock().now();
    Result<Detector> detector = make_detector(options_.model, options_.device, options_.detector);
    if (!detector) return fail(std::move(detector.error()));
    compile_s_ = to_seconds(steady_clock().now() - begin);
    space_ = tune_space(options_, {available_cores(), detector->model->runtime().precision});
    Result<std::vector<FrameResult>> results = first_results(options_, *detector);
    if (!results) return fail(std::move(results.error()));
    reference_ = std::move(*results);
    Result<Measured> measured = measure(options_, *detector, 1.0 / 3);
    if (!measured) return fail(std::move(measured.error()));
    result_.reference = *measured;
    return {};
  }

  std::optional<double> score(std::size_t index, double budget) {
    Trial trial;
    trial.settings = space_[index].settings;
    Candidate& candidate = compiled(space_[index]);
    if (interruption_.is_requested()) return std::nullopt;  // what was cut short tells nothing
    trial.problem = candidate.problem;
    trial.apart = candidate.apart;
    std::optional<double> worth_of = trial.problem.empty() ? measured_worth(trial, candidate, budget) : std::nullopt;
    if (interruption_.is_requested()) return std::nullopt;
    trials_[index] = std::move(trial);
    if (worth_of) interruption_.answer_known();
    show_progress(budget);
    return worth_of;
  }

  std::optional<double> measured_worth(Trial& trial, const Candidate& candidate, double budget) {
    Result<Options> options = with_arguments(options_, to_arguments(trial.settings));
    Result<Measured> measured = options ? measure(*options, *candidate.detector, budget) : fail(options.error());
    if (!measured) {
      trial.problem = measured.error().message;
      return std::nullopt;
    }
    trial.measured = *measured;
    trial.budget = budget;
    trial.meets = meets(*measured);
    if (trial.meets) best_ = std::max(best_, measured->fps);
    return worth(trial);
  }

  bool meets(const Measured& measured) const {
    bool quick = tune_.max_p99 <= Duration{0} || measured.p99_ms <= to_ms(tune_.max_p99);
    return quick && measured.fps >= tune_.min_fps * tune_.sources;
  }

  /// What meets the constraints comes before what does not, and that by how nearly it does.
  double worth(const Trial& trial) const {
    const Measured& measured = trial.measured;
    if (!trial.meets) {
      double slow = tune_.min_fps > 0 ? measured.fps / (tune_.min_fps * tune_.sources) : 1;
      double late = tune_.max_p99 > Duration{0} ? to_ms(tune_.max_p99) / std::max(1e-6, measured.p99_ms) : 1;
      return std::min({slow, late, 1.0}) - 2;
    }
    // With a rate to hold and no latency to keep, the rest is spent on latency.
    bool for_latency = tune_.min_fps > 0 && tune_.max_p99 <= Duration{0};
    return for_latency ? 1 / std::max(1e-6, measured.p99_ms) : measured.fps;
  }

  /// Models are kept while they may be needed again, a few at a time: each takes memory.
  Candidate& compiled(const TuneSetting& setting) {
    constexpr std::size_t kKept = 8;
    auto known = models_.find(setting.model);
    if (known != models_.end() && (known->second.detector || !known->second.problem.empty())) return known->second;
    if (order_.size() >= kKept) {
      models_[order_.front()].detector.reset();
      order_.erase(order_.begin());
    }
    Candidate& candidate = models_[setting.model];
    order_.push_back(setting.model);
    compile(setting, candidate);
    return candidate;
  }

  void compile(const TuneSetting& setting, Candidate& candidate) {
    Result<Options> options = with_arguments(options_, to_arguments(setting.settings));
    if (!options) return void(candidate.problem = options.error().message);
    Result<Detector> detector = make_detector(options->model, options->device, options->detector);
    if (!detector) return void(candidate.problem = detector.error().message);
    Result<std::vector<FrameResult>> results = first_results(*options, *detector);
    if (!results) return void(candidate.problem = results.error().message);
    std::optional<Difference> apart = difference(reference_, *results);
    if (!apart) return void(candidate.problem = "it finds other objects");
    candidate.apart = *apart;
    if (!apart->is_tolerable())
      return void(candidate.problem =
                      fmt::format("its results differ: scores by {:.2g} (tolerance {}), boxes by {:.2g} ({})",
                                  apart->score, kScoreTolerance, apart->box, kBoxTolerance));
    candidate.detector = std::move(*detector);
  }

  Result<std::vector<FrameResult>> first_results(const Options& options, const Detector& detector) {
    std::vector<FrameResult> results;
    auto keep = [&results](const FrameResult& result) {
      results.push_back(result);
      results.back().frame = {};
    };
    Result<RunSummary> summary = play(options, detector, {kCompared, 1}, keep);
    if (!summary) return fail(std::move(summary.error()));
    return results;
  }

  struct Length {
    std::uint64_t frames = 0;  ///< of each source
    int sources = 1;
  };

  Result<RunSummary> play(const Options& options, const Detector& detector, const Length& length,
                          std::function<void(const FrameResult&)> each) {
    SourceOptions from = options.source;
    from.loop = 0;
    from.limit = length.frames;
    Pipeline pipeline(detector, options.pipeline);
    for (int i = 0; i < length.sources; ++i) {
      Result<std::unique_ptr<Source>> source = open_source(options.input, from);
      if (!source) return fail(std::move(source.error()));
      pipeline.add_source(std::move(*source));
    }
    if (each) pipeline.on_result(std::move(each));
    std::stop_callback stopping(interruption_.token(), [&pipeline] { pipeline.stop(); });
    Result<RunSummary> summary = pipeline.run();
    if (!summary || interruption_.is_requested()) return summary;
    if (!summary->error.empty()) return fail(ErrorCode::engine_failed, summary->error);
    if (summary->frames.total_failed() > 0) return fail(ErrorCode::engine_failed, failures_text(summary->frames));
    if (summary->frames.emitted == 0)
      return fail(ErrorCode::unreadable_input, redacted(options.input) + ": it gave no frame");
    return summary;
  }

  Result<Measured> measure(const Options& options, const Detector& detector, double budget) {
    Result<RunSummary> summary = play(options, detector, {frames_of(budget) / tune_.sources + 1, tune_.sources}, {});
    if (!summary) return fail(std::move(summary.error()));
    return Measured{summary->fps, summary->latency.p50, summary->latency.p99, summary->cpu_s / summary->wall_s};
  }

  void show_progress(double budget) {
    ++measured_;
    if (options_.quiet) return;
    bool terminal = isatty(STDERR_FILENO) == 1;
    if (!terminal && measured_ % 20 != 0) return;
    tell("{}tune: {} measurements of {} settings, now with {:.0f} % of the frames, best {:.1f} FPS{}",
         terminal ? "\r\x1b[K" : "", measured_, space_.size(), 100 * budget, best_, terminal ? "" : "\n");
  }

  const Options& options_;
  const TuneOptions& tune_;
  Interruption& interruption_;
  std::vector<TuneSetting> space_;  // constant once the reference is known
  std::vector<FrameResult> reference_;
  std::map<std::string, Candidate> models_;
  std::vector<std::string> order_;  // of models_ that are compiled, oldest first
  std::map<std::size_t, Trial> trials_;
  TuneResult result_;
  double compile_s_ = 0;  // of the reference
  double best_ = 0;
  int measured_ = 0;
};

Result<void> check(const Options& options, const TuneOptions& tune) {
  Outputs outputs{{"-o", tune.config}, {"--report", tune.report}, {"--summary", tune.summary, OutputKind::data}};
  if (Result<void> ok = take_outputs(outputs, named_reads(options)); !ok) return ok;
  return check_repeatable(options);
}

ExitCode finish(const Options& options, const TuneOptions& tune, const TuneResult& result) {
  put_beside(tune.summary, tune_text(result));
  if (!tune.report.empty())
    if (Result<void> written = write_text(tune.report, to_html(tune_page(options, result))); !written)
      return report(written.error());
  if (!tune.summary.empty())
    if (Result<void> written = write_text(tune.summary, tune_json(result)); !written) return report(written.error());
  const Trial* best = best_of(result);
  if (!best && result.ranking.empty())
    return report({ErrorCode::engine_failed, "no setting can be used; the first reason is above"});
  if (!best)
    return report({ErrorCode::engine_failed, "no setting meets what was asked for; the nearest ones are above"});
  if (Result<void> written = write_config(tune.config, best->settings, config_remark(options, *best)); !written)
    return report(written.error());
  tell("written to {}: inflight run -m {} -i INPUT --config {}\n", tune.config, options.model, tune.config);
  return ExitCode::done;
}

}  // namespace

ExitCode tune_command(const Options& options, const TuneOptions& tune) {
  SignalWatch signals([] {});
  if (Result<void> ok = check(options, tune); !ok) return report(ok.error());
  Interruption interruption(signals);
  Result<TuneResult> result = Tuner(options, tune, interruption).run();
  return result ? finish(options, tune, *result) : report(result.error());
}

}  // namespace inflight::app
