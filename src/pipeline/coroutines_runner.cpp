// Strategy::coroutines: one frame after the other; its models are awaited together.
#include <deque>

#include "inflight/await.hpp"
#include "model_runner.hpp"

namespace inflight {
namespace {

class CoroutinesRunner final : public ModelRunner {
 public:
  CoroutinesRunner(Context context, std::vector<InferQueue> queues)
      : ModelRunner(std::move(context)),
        queues_(std::move(queues)),
        preprocess_(context_.tally.meter(Stage::preprocess, "feed")) {}

  void run(Job& job) override {
    std::vector<Task<>> tasks;
    std::deque<detail::Latch> ends(models().size());
    for (std::uint32_t model = 0; model < models().size(); ++model) tasks.push_back(infer(job, model));
    for (std::size_t i = 0; i < tasks.size(); ++i) detail::run_to_end(tasks[i], ends[i]);
    for (detail::Latch& end : ends) end.wait();
  }

  void finish() override {
    for (InferQueue& queue : queues_) queue.wait_all();
  }

  InferQueueStats stats() const override { return total(queues_); }
  int requests_per_model() const override { return 1; }
  bool has_too_little_to_do() const override { return are_all_below_optimum(queues_, models()); }

  void add_to(RunNumbers& numbers) const override {
    numbers[Stage::preprocess].merge(preprocess_);
    count_requests(queues_, numbers);
  }

 private:
  /// Up to the inference on the feeding thread; what follows, on the engine's, only hands on.
  Task<> infer(Job& job, std::uint32_t model) {
    ModelPart& part = job.models[model];
    // Waits on this thread, if at all: awaited, it might be resumed on that of whoever returns a request.
    Result<InferQueue::Slot> slot = prepare_alone(job, model, queues_[model], preprocess_);
    if (!slot) {
      refuse(job, model, std::move(slot.error()));
      co_return;
    }
    if (context_.tally.recorder()) part.times = {submitted_++, slot->index(), clock().now(), {}};
    part.take(co_await std::move(*slot).run(), clock());
    context_.answer(job, model);
  }

  std::vector<InferQueue> queues_;
  StageMeter preprocess_;
  std::uint64_t submitted_ = 0;  // counted for the recorder only
};

}  // namespace

Result<std::unique_ptr<ModelRunner>> make_coroutines_runner(ModelRunner::Context context) {
  // One infers while the results of the other, of the frame before, are read.
  constexpr int kRequests = 2;
  Result<std::vector<InferQueue>> queues = make_queues(context.parts, kRequests);
  if (!queues) return fail(std::move(queues.error()));
  return std::make_unique<CoroutinesRunner>(std::move(context), std::move(*queues));
}

}  // namespace inflight
