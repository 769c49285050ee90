// Strategy::threads: each model has a thread that does its part, one frame after the other.
#include <atomic>
#include <optional>

#include "bounded_queue.hpp"
#include "model_runner.hpp"
#include "worker.hpp"

namespace inflight {
namespace {

/// Frames that a model may be behind the first. Each waits with a credit, so this bounds nothing but impatience.
constexpr std::size_t kBehind = 4;

class ThreadsRunner final : public ModelRunner {
 public:
  ThreadsRunner(Context context, std::vector<InferQueue> queues)
      : ModelRunner(std::move(context)), queues_(std::move(queues)) {
    for (const PipelineModel& model : models())
      threads_.push_back(std::make_unique<ModelThread>(context_.tally.meter(Stage::preprocess, "model-" + model.name)));
  }

  /// Errors: those of Worker::start.
  Result<void> start() {
    for (std::uint32_t model = 0; model < models().size(); ++model) {
      Result<Worker> worker = Worker::start("model-" + models()[model].name, [this, model] { work(model); });
      if (!worker) return fail(std::move(worker.error()));
      threads_[model]->worker.emplace(std::move(*worker));
    }
    return {};
  }

  ~ThreadsRunner() override { finish(); }

  void run(Job& job) override {
    // The last model's thread may be done with it before the loop ends, but then the loop has ended too.
    for (auto& thread : threads_) thread->frames.push(&job);
  }

  void finish() override {
    for (auto& thread : threads_) thread->frames.close();
    for (auto& thread : threads_) thread->worker.reset();
    for (InferQueue& queue : queues_) queue.wait_all();
  }

  InferQueueStats stats() const override { return total(queues_); }
  int requests_per_model() const override { return most_requests(queues_); }
  bool has_too_little_to_do() const override { return are_all_below_optimum(queues_, models()); }

  void add_to(RunNumbers& numbers) const override {
    for (const auto& thread : threads_) numbers[Stage::preprocess].merge(thread->preprocess);
    count_requests(queues_, numbers);
  }

 private:
  struct ModelThread {
    explicit ModelThread(StageMeter meter) : preprocess(std::move(meter)) {}
    BoundedQueue<Job*> frames{kBehind};
    StageMeter preprocess;
    std::uint64_t submitted = 0;  // counted for the recorder only
    std::optional<Worker> worker;
  };

  void work(std::uint32_t model) {
    while (std::optional<Job*> job = threads_[model]->frames.pop()) {
      if (Result<void> done = infer(**job, model); done)
        context_.answer(**job, model);
      else
        refuse(**job, model, std::move(done.error()));
    }
  }

  Result<void> infer(Job& job, std::uint32_t model) {
    ModelThread& self = *threads_[model];
    ModelPart& part = job.models[model];
    Result<InferQueue::Slot> slot = prepare_alone(job, model, queues_[model], self.preprocess);
    if (!slot) return fail(std::move(slot.error()));
    if (context_.tally.recorder()) part.times = {self.submitted++, slot->index(), clock().now(), {}};
    part.take(std::move(*slot).submit().get(), clock());
    return {};
  }

  std::vector<InferQueue> queues_;
  std::vector<std::unique_ptr<ModelThread>> threads_;
};

}  // namespace

Result<std::unique_ptr<ModelRunner>> make_threads_runner(ModelRunner::Context context) {
  // One infers while the results of the other are read.
  constexpr int kRequests = 2;
  Result<std::vector<InferQueue>> queues = make_queues(context.parts, kRequests);
  if (!queues) return fail(std::move(queues.error()));
  auto runner = std::make_unique<ThreadsRunner>(std::move(context), std::move(*queues));
  if (Result<void> started = runner->start(); !started) return fail(std::move(started.error()));
  return runner;
}

}  // namespace inflight
