// inflight capacity: how many real-time sources fit on this machine.
#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <map>

#include "capacity_report.hpp"
#include "capacity_search.hpp"
#include "commands.hpp"
#include "console.hpp"
#include "inflight/measure.hpp"
#include "inputs.hpp"
#include "long_command.hpp"
#include "models.hpp"
#include "outputs.hpp"
#include "signals.hpp"

namespace inflight::app {
namespace {

class Capacity {
 public:
  Capacity(const Options& options, const CapacityOptions& goal, Interruption& interruption)
      : options_(options), goal_(goal), interruption_(interruption) {}

  Result<CapacityResult> search() {
    if (Result<void> ok = prepare(); !ok) return fail(std::move(ok.error()));
    tell_bounds();
    CapacitySearch order(goal_.most_sources);
    for (std::optional<int> sources = order.next(); sources && !interruption_.is_requested(); sources = order.next()) {
      if (!options_.quiet) tell("{} source{}, {} s …\n", *sources, *sources == 1 ? "" : "s", goal_.seconds);
      Result<CapacityTrial> trial = run(*sources);
      if (!trial) return fail(std::move(trial.error()));
      if (interruption_.is_requested()) break;  // a trial that was cut short tells nothing
      order.note(*sources, trial->fits);
      if (trials_.empty()) tell_outlook(*trial);
      trials_[*sources] = std::move(*trial);
      interruption_.answer_known();
    }
    return result();
  }

 private:
  Result<void> prepare() {
    Result<std::vector<Input>> inputs = named_inputs(options_);
    if (!inputs) return fail(std::move(inputs.error()));
    inputs_ = std::move(*inputs);
    if (Result<void> ok = take_outputs({}, {inputs_read(specs_of(inputs_))}); !ok) return ok;
    for (Input& input : inputs_) {
      // As a camera: for ever, at its own pace, and nobody waits for whom it is too much.
      input.source.realtime = true;
      input.source.loop = 0;
      if (input.setup.overflow == OverflowPolicy::wait) input.setup.overflow = OverflowPolicy::drop_oldest;
      if (Result<std::unique_ptr<Source>> source = open_input(input); !source) return fail(std::move(source.error()));
    }
    Result<Models> models = make_models(options_, {});
    if (!models) return fail(std::move(models.error()));
    models_ = std::move(*models);
    return {};
  }

  CapacityResult result() {
    CapacityResult result;
    for (auto& [sources, trial] : trials_) result.trials.push_back(std::move(trial));
    result.interrupted = interruption_.is_requested();
    return result;
  }

  /// Nothing was measured yet, so only the ends are known.
  void tell_bounds() const {
    int most = trials_to_find(goal_.most_sources - 1, goal_.most_sources);
    tell_length(options_, fmt::format("trials of {:g} s, one after the other", goal_.seconds),
                fmt::format("from one trial, where not even one source fits, to {} ({}), where nearly {} do", most,
                            rough_time(most * goal_.seconds), goal_.most_sources));
  }

  void tell_outlook(const CapacityTrial& first) const {
    if (!first.fits) return;
    double by_processors = 1 / std::max(first.processor_share, 1.0 / goal_.most_sources);
    int more = trials_to_find(static_cast<int>(by_processors), goal_.most_sources) - 1;
    tell_length(options_, fmt::format("one source takes {:.1f} % of the processors", 100 * first.processor_share),
                fmt::format("if they are what limits, about {} more trial{} ({})", more, more == 1 ? "" : "s",
                            rough_time(more * goal_.seconds)));
  }

  Result<CapacityTrial> run(int sources) {
    PipelineOptions how = options_.pipeline;
    how.keep_open = true;
    Pipeline pipeline(models_.models, how);
    if (models_.cascade) pipeline.set_cascade(*models_.cascade);
    auto summary = std::async(std::launch::async, [&pipeline] { return pipeline.run(); });
    Result<void> added = add_sources(pipeline, sources);
    if (added) interruption_.wait(goal_.seconds);
    pipeline.stop();
    Result<RunSummary> ended = summary.get();
    if (!added) return fail(std::move(added.error()));
    if (!ended) return fail(std::move(ended.error()));
    if (!ended->error.empty()) return fail(ErrorCode::unreadable_input, ended->error);
    return judge(sources, *ended);
  }

  /// One after the other within the time between two frames: cameras do not take their pictures at the same moment.
  Result<void> add_sources(Pipeline& pipeline, int sources) const {
    for (int i = 0; i < sources; ++i) {
      Input input = copy_of(inputs_[static_cast<std::size_t>(i) % inputs_.size()]);
      Result<std::unique_ptr<Source>> source = open_input(input);
      if (!source) return fail(std::move(source.error()));
      double rate = (*source)->info().frames_per_second > 0 ? (*source)->info().frames_per_second : 25;
      pipeline.add_source(std::move(*source), std::move(input.setup));
      if (!interruption_.wait(1 / rate / sources)) break;
    }
    return {};
  }

  CapacityTrial judge(int sources, const RunSummary& summary) const {
    CapacityTrial trial;
    trial.sources = sources;
    std::uint64_t dropped = 0;
    for (const SourceSummary& source : summary.sources) {
      trial.p50_ms = std::max(trial.p50_ms, source.age.p50);
      trial.p95_ms = std::max(trial.p95_ms, source.age.p95);
      trial.p99_ms = std::max(trial.p99_ms, source.age.p99);
      // What was cut off by the end of the trial says nothing.
      for (const auto& [reason, count] : source.frames.dropped) dropped += reason == "closed" ? 0 : count;
    }
    trial.drop_share =
        summary.frames.read > 0 ? static_cast<double>(dropped) / static_cast<double>(summary.frames.read) : 0;
    trial.fps = summary.fps;
    trial.processor_share = summary.wall_s > 0 ? summary.cpu_s / summary.wall_s / available_cores() : 0;
    trial.frames = summary.frames;
    // Where frames failed, less work was done than the sources ask for.
    trial.fits = summary.frames.emitted > 0 && summary.frames.total_failed() == 0 &&
                 trial.p95_ms <= to_ms(goal_.max_age) && trial.drop_share <= goal_.max_drop;
    return trial;
  }

  const Options& options_;
  const CapacityOptions& goal_;
  Interruption& interruption_;
  std::vector<Input> inputs_;
  Models models_;
  std::map<int, CapacityTrial> trials_;
};

}  // namespace

ExitCode capacity_command(const Options& options, const CapacityOptions& goal) {
  if (options.api == Api::sync || options.watch)
    return report({ErrorCode::invalid_argument,
                   "capacity needs an asynchronous run of its own; leave out --mode serial and --watch"});
  SignalWatch signals([] {});
  Outputs outputs{{"--report", goal.report}, {"--summary", goal.summary, OutputKind::data}};
  if (Result<void> ok = take_outputs(outputs, named_reads(options)); !ok) return report(ok.error());
  Interruption interruption(signals);
  Result<CapacityResult> trials = Capacity(options, goal, interruption).search();
  if (!trials) return report(trials.error());
  put_beside(goal.summary, capacity_text(*trials, goal));
  if (!goal.report.empty())
    if (Result<void> written = write_text(goal.report, to_html(capacity_page(*trials, goal))); !written)
      return report(written.error());
  if (!goal.summary.empty())
    if (Result<void> written = write_text(goal.summary, capacity_json(*trials, goal)); !written)
      return report(written.error());
  Result<void> measured = check_measured(*trials);
  return measured ? ExitCode::done : report(measured.error());
}

}  // namespace inflight::app
