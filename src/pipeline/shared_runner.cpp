// Strategy::shared: the requests of all models in one scheduler.
#include <algorithm>
#include <limits>
#include <optional>

#include "frame_preprocessing.hpp"
#include "infer_gate.hpp"
#include "model_runner.hpp"
#include "usage.hpp"

namespace inflight {
namespace {

/// On the processor itself: not behind a device that gathers, chooses or runs elsewhere.
bool is_on_processor(const CompiledModel& model) {
  std::string device = model.runtime().device;
  return device.ends_with(":CPU") && std::ranges::count(device, ':') == 1;
}

/// Between the end of an inference and the beginning of the next on another model's thread, a core would idle: a few
/// more keep it busy. docs/decisions/0011 has the measurement.
int with_headroom(int cores) { return cores + std::max(2, cores / 8); }

class SharedRunner final : public ModelRunner {
 public:
  SharedRunner(Context context, std::vector<InferQueue> queues)
      : ModelRunner(std::move(context)),
        queues_(std::move(queues)),
        preprocessing_(models()),
        preprocess_(context_.tally.meter(Stage::preprocess, "feed")) {
    const int asked = context_.parts.options.max_running;
    std::vector<int> streams;
    for (const PipelineModel& model : models()) {
      bool on_processor = is_on_processor(*model.detector.model);
      gated_.push_back(asked > 0 || (models().size() > 1 && on_processor));
      // Devices that gather or choose have places of their own making.
      int most = std::numeric_limits<int>::max();
      streams.push_back(on_processor ? std::max(1, model.detector.model->runtime().execution_streams) : most);
      if (gated_.back() && on_processor) lanes_ += streams.back();
    }
    lanes_ = std::min(lanes_, available_cores());
    gate_.emplace(asked > 0 ? asked : with_headroom(lanes_), std::move(streams));
    if (lanes_ == 0) lanes_ = std::numeric_limits<int>::max();  // each device has its own
  }

  void await_room() override {
    if (!room_) room_.emplace(queues_.front().acquire());
  }

  void run(Job& job) override {
    preprocessing_.begin_frame();
    for (std::uint32_t model = 0; model < models().size(); ++model) {
      if (Result<void> prepared = prepare(job, model); prepared)
        start(job, model);
      else
        refuse(job, model, std::move(prepared.error()));
    }
  }

  void finish() override {
    room_.reset();
    // What waits at the gate is started by completions, so one queue may begin again while another is waited for.
    do {
      for (InferQueue& queue : queues_) queue.wait_all();
    } while (!gate_->is_idle());
    for (InferQueue& queue : queues_) queue.wait_all();
  }

  InferQueueStats stats() const override { return total(queues_); }
  int requests_per_model() const override { return most_requests(queues_); }
  bool has_too_little_to_do() const override {
    return stats().in_flight < lanes_ && are_all_below_optimum(queues_, models());
  }

  void add_to(RunNumbers& numbers) const override {
    numbers[Stage::preprocess].merge(preprocess_);
    count_requests(queues_, numbers);
  }

 private:
  Result<InferQueue::Slot> acquire(std::uint32_t model) {
    if (model > 0 || !room_) return queues_[model].acquire();
    Result<InferQueue::Slot> slot = std::move(*room_);
    room_.reset();
    return slot;
  }

  Result<void> prepare(Job& job, std::uint32_t model) {
    Result<InferQueue::Slot> slot = acquire(model);
    if (!slot) return fail(std::move(slot.error()));
    auto transform = timed(preprocess_, clock(), job.result.frame.id,
                           [&] { return preprocessing_.run(model, job.result.frame.picture(), slot->request()); });
    if (!transform) return fail(std::move(transform.error()));
    job.models[model].transform = *transform;
    job.models[model].slot = std::move(*slot);
    return {};
  }

  void start(Job& job, std::uint32_t model) {
    if (!gated_[model] || gate_->enter({&job, model})) submit({&job, model});
  }

  /// On the feeding thread, or on that of an engine.
  void submit(ReadyInference inference) {
    auto [job, model] = inference;
    ModelPart& part = job->models[model];
    if (context_.tally.recorder()) part.times = {submitted_++, part.slot.index(), clock().now(), {}};
    InferQueue::Slot slot = std::move(part.slot);  // the answer may come before submit() returns
    Result<Ticket> ticket =
        std::move(slot).submit([this, inference](Completed done) { complete(inference, std::move(done)); });
    if (ticket) return;
    part.times.reset();
    let_next(model);
    refuse(*job, model, std::move(ticket.error()));
  }

  /// On the engine's thread.
  void complete(ReadyInference inference, Completed done) {
    inference.job->models[inference.model].take(std::move(done), clock());
    let_next(inference.model);  // first, since the device waits for it
    context_.answer(*inference.job, inference.model);
  }

  void let_next(std::uint32_t model) {
    if (!gated_[model]) return;
    if (std::optional<ReadyInference> next = gate_->leave(model)) submit(*next);
  }

  std::vector<InferQueue> queues_;
  FramePreprocessing preprocessing_;
  StageMeter preprocess_;
  std::vector<bool> gated_;  // by model
  int lanes_ = 0;            // inferences with which the processor is busy, whatever models they belong to
  std::optional<InferGate> gate_;
  std::optional<Result<InferQueue::Slot>> room_;  // of the first model, for the frame to come
  std::atomic<std::uint64_t> submitted_ = 0;      // counted for the recorder only
};

}  // namespace

Result<std::unique_ptr<ModelRunner>> make_shared_runner(ModelRunner::Context context) {
  Result<std::vector<InferQueue>> queues = make_queues(context.parts, 0);
  if (!queues) return fail(std::move(queues.error()));
  return std::make_unique<SharedRunner>(std::move(context), std::move(*queues));
}

}  // namespace inflight
