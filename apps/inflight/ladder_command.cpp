// inflight ladder: what each trick is worth, one after the other, on one model and the same frames.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "commands.hpp"
#include "console.hpp"
#include "ladder_options.hpp"
#include "ladder_report.hpp"
#include "long_command.hpp"
#include "outputs.hpp"
#include "signals.hpp"

namespace inflight::app {
namespace {

/// Frames kept in memory, to be used in turn: the rungs differ in inference, so decoding is left out of all of them.
constexpr std::size_t kKeptFrames = 64;
/// Of those, so many are compared with the first rung's.
constexpr std::size_t kCompared = 24;

struct Rung {
  std::string name;
  std::string model;
  std::string device;
  PerformanceHint hint = PerformanceHint::latency;
  bool synchronous = true;
  int requests = 0;  ///< 0: twice what the device asks for; of `tuned`: measured
  bool tuned = false;
  bool u8_input = false;
};

std::vector<Rung> rungs(const Options& options, const LadderOptions& ladder) {
  const std::string& onnx = ladder.onnx.empty() ? options.model : ladder.onnx;
  Rung baseline{"ONNX Runtime", onnx, "ort:CPU"};
  if (!ladder.torchscript.empty()) baseline = {"LibTorch", ladder.torchscript, "torch:CPU"};
  constexpr auto kThroughput = PerformanceHint::throughput;
  std::vector<Rung> all{
      baseline,
      {"OpenVINO", options.model, "ov:CPU"},
      {fmt::format("batch of {}", ladder.batch), options.model, fmt::format("BATCH:ov:CPU({})", ladder.batch),
       PerformanceHint::latency, false, ladder.batch},
      {"asynchronous", options.model, "ov:CPU", kThroughput, false},
      {"AUTO", options.model, "AUTO:ov:CPU,ort:CPU", kThroughput, false},
      {"cumulative", options.model, "AUTO:ov:CPU,ort:CPU", PerformanceHint::cumulative_throughput, false},
      {"tuned", options.model, "ov:CPU", kThroughput, false, 0, true, true}};
  return all;
}

class Climber {
 public:
  Climber(const Options& options, const LadderOptions& ladder, Interruption& interruption)
      : options_(options), ladder_(ladder), interruption_(interruption) {}

  Result<void> read_frames() {
    Result<std::unique_ptr<Source>> source = open_source(options_.input, options_.source);
    if (!source) return fail(std::move(source.error()));
    while (frames_.size() < kKeptFrames) {
      Frame frame;
      Result<bool> got = (*source)->read(frame);
      if (!got) return fail(std::move(got.error()));
      if (!*got) break;
      frames_.push_back(std::move(frame));
    }
    if (frames_.empty()) return fail(ErrorCode::unreadable_input, options_.input + ": it has no frames");
    return {};
  }

  std::vector<Climbed> climb_all() {
    const std::vector<Rung> ladder = rungs(options_, ladder_);
    for (const Rung& rung : ladder) inferences_ += inferences_of(rung);
    std::vector<Climbed> all;
    for (const Rung& rung : ladder) all.push_back(climb(rung));
    return all;
  }

 private:
  Climbed climb(const Rung& rung) {
    Climbed climbed;
    climbed.name = rung.name;
    climbed.device = rung.device;
    if (!options_.quiet && !interruption_.is_requested()) tell("{}: {}\n", rung.name, rung.device);
    Result<void> ran = interruption_.is_requested() ? Result<void>() : run(rung, climbed);
    if (!ran) climbed.code = ran.error().code, climbed.problem = std::move(ran.error().message);
    if (interruption_.is_requested()) climbed.problem = "interrupted";  // what was cut short tells nothing
    if (climbed.problem.empty()) interruption_.answer_known();
    return climbed;
  }

  Result<void> run(const Rung& rung, Climbed& climbed) {
    DetectorOptions how = options_.detector;
    how.compile.hint = rung.hint;
    how.compile.u8_input = rung.u8_input;
    how.compile.on_event = nullptr;
    TimePoint begin = steady_clock().now();
    Result<Detector> detector = make_detector(rung.model, rung.device, how);
    if (!detector) return fail(std::move(detector.error()));
    Result<std::vector<FrameResult>> first = detect(*detector, 1);
    if (!first) return fail(std::move(first.error()));
    climbed.first_result_ms = to_ms(steady_clock().now() - begin);
    if (Result<void> alike = compare(*detector, climbed); !alike) return alike;
    Result<InputData> inputs = preprocess(*detector);
    if (!inputs) return fail(std::move(inputs.error()));
    return measure(rung, *detector, std::move(*inputs), climbed);
  }

  /// One frame after the other.
  Result<std::vector<FrameResult>> detect(const Detector& detector, std::size_t count) {
    Result<std::unique_ptr<InferRequest>> request = detector.model->create_request();
    if (!request) return fail(std::move(request.error()));
    std::vector<FrameResult> results(std::min(count, frames_.size()));
    for (std::size_t i = 0; i < results.size(); ++i) {
      Result<TensorView> input = (*request)->input(0);
      if (!input) return fail(std::move(input.error()));
      Result<SourceTransform> transform = detector.preprocessor->run(frames_[i].picture(), *input);
      if (!transform) return fail(std::move(transform.error()));
      if (Outcome outcome = infer(**request); !outcome) return fail(std::move(outcome.error()));
      std::vector<TensorView> outputs;
      for (std::size_t port = 0; port < detector.model->info().outputs.size(); ++port)
        outputs.push_back((*request)->output(port).value());
      Result<void> read = detector.postprocessor->run(outputs, *transform, results[i].detections);
      if (!read) return fail(std::move(read.error()));
    }
    return results;
  }

  Result<void> compare(const Detector& detector, Climbed& climbed) {
    TimePoint begin = steady_clock().now();
    Result<std::vector<FrameResult>> results = detect(detector, kCompared);
    if (!results) return fail(std::move(results.error()));
    if (reference_.empty()) {
      tell_outlook(to_seconds(steady_clock().now() - begin) / static_cast<double>(results->size()));
      reference_ = *results;
    }
    std::optional<Difference> apart = difference(reference_, *results);
    if (!apart || !apart->is_tolerable())
      return fail(ErrorCode::model_unusable, "it finds other objects than the first rung");
    climbed.apart = *apart;
    return {};
  }

  Result<InputData> preprocess(const Detector& detector) {
    InputData inputs;
    const Port& port = detector.model->info().inputs.front();
    for (const Frame& frame : frames_) {
      std::vector<Tensor>& set = inputs.emplace_back();
      set.emplace_back(port.type, port.shape);
      Result<SourceTransform> done = detector.preprocessor->run(frame.picture(), set.front());
      if (!done) return fail(std::move(done.error()));
    }
    return inputs;
  }

  Result<void> measure(const Rung& rung, const Detector& detector, InputData inputs, Climbed& climbed) {
    LoadOptions load;
    load.synchronous = rung.synchronous;
    load.requests = rung.requests;
    load.times_optimal = 2;  // as in a pipeline
    load.inputs = std::move(inputs);
    load.refill_inputs = true;  // every inference another frame
    load.iterations = warm_up();
    load.interrupted = [this] { return interruption_.is_requested(); };
    if (rung.tuned) load.requests = best_requests(detector, load);
    // AUTO chooses, and BATCH learns, before it counts.
    if (!rung.synchronous)
      if (Result<LoadSummary> warm = run_load(detector.model, load); !warm) return fail(std::move(warm.error()));
    load.iterations = ladder_.frames;
    Result<LoadSummary> summary = run_load(detector.model, load);
    if (!summary) return fail(std::move(summary.error()));
    if (summary->failed > 0) return fail(ErrorCode::engine_failed, summary->error);
    climbed.requests = summary->requests;
    climbed.fps = summary->frames_per_second();
    climbed.seconds_per_frame = climbed.fps > 0 ? 1 / climbed.fps : 0;
    return {};
  }

  /// Of a few numbers of requests in flight, the fastest.
  int best_requests(const Detector& detector, LoadOptions& load) {
    int optimal = detector.model->optimal_requests();
    const std::array<int, kTriedRequests> tried{optimal, optimal + 1, 2 * optimal, 3 * optimal};
    auto speed = [&](std::size_t candidate, double budget) -> std::optional<double> {
      load.requests = tried[candidate];
      load.iterations = iterations(budget);
      Result<LoadSummary> summary = run_load(detector.model, load);
      // What fails at once would seem the fastest.
      return summary && summary->failed == 0 ? std::optional(summary->inferences_per_second()) : std::nullopt;
    };
    std::vector<Ranked> ranking = successive_halving(tried.size(), speed, request_search());
    return ranking.empty() ? optimal : tried[ranking.front().candidate];
  }

  static constexpr std::size_t kTriedRequests = 4;
  SearchOptions request_search() const {
    SearchOptions search;
    search.keep = 0.5;
    search.first = 0.25;
    search.interrupted = [this] { return interruption_.is_requested(); };
    return search;
  }
  std::uint64_t iterations(double budget) const {
    return static_cast<std::uint64_t>(std::max(16.0, budget * static_cast<double>(ladder_.frames)));
  }
  std::uint64_t warm_up() const { return iterations(1.0 / 8); }

  std::uint64_t inferences_of(const Rung& rung) const {
    std::uint64_t count = ladder_.frames + (rung.synchronous ? 0 : warm_up());
    auto add = [&](std::size_t, double budget) { return count += iterations(budget), std::optional(0.0); };
    if (rung.tuned) successive_halving(kTriedRequests, add, request_search());
    return count;
  }

  /// By what one frame takes on the first rung, alone: the rungs above are there to be faster.
  void tell_outlook(double seconds_per_frame) const {
    tell_length(options_, fmt::format("{} inferences on all rungs together", inferences_),
                fmt::format("up to about {}, and the time that compiling takes",
                            rough_time(static_cast<double>(inferences_) * seconds_per_frame)));
  }

  const Options& options_;
  const LadderOptions& ladder_;
  Interruption& interruption_;
  std::uint64_t inferences_ = 0;  // of all rungs
  std::vector<Frame> frames_;
  std::vector<FrameResult> reference_;
};

Result<void> check(const Options& options, const LadderOptions& ladder) {
  Reads reads = named_reads(options);
  for (const std::string& model : {ladder.onnx, ladder.torchscript}) reads.push_back(model_read(model));
  return take_outputs({{"--summary", ladder.summary, OutputKind::data}, {"--report", ladder.report}}, reads);
}

Result<void> write(const Options& options, const LadderOptions& ladder, const std::vector<Climbed>& all) {
  if (!ladder.summary.empty())
    if (Result<void> written = write_text(ladder.summary, ladder_json(all)); !written) return written;
  if (ladder.report.empty()) return {};
  return write_text(ladder.report, to_html(ladder_page(options, all)));
}

}  // namespace

ExitCode ladder_command(const Options& options, const LadderOptions& ladder) {
  SignalWatch signals([] {});
  if (Result<void> ok = check(options, ladder); !ok) return report(ok.error());
  Interruption interruption(signals);
  Climber climber(options, ladder, interruption);
  if (Result<void> read = climber.read_frames(); !read) return report(read.error());
  std::vector<Climbed> all = climber.climb_all();
  put_beside(ladder.summary, ladder_text(all));
  if (Result<void> written = write(options, ladder, all); !written) return report(written.error());
  Result<void> measured = check_measured(options, all);
  return measured ? ExitCode::done : report(measured.error());
}

}  // namespace inflight::app
