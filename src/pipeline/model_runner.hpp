// How the models of a pipeline get a frame inferred: one class for each Strategy.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "job.hpp"
#include "run_context.hpp"

namespace inflight {

/// Belongs to the feeding thread, save what says otherwise.
class ModelRunner {
 public:
  /// Told once for each model of each job that it is done with it: its part then has the outcome, and the request
  /// where it succeeded. On any thread; returns at once.
  using Answer = std::function<void(Job&, std::uint32_t model)>;

  /// What a run lends to it.
  struct Context {
    const RunParts& parts;
    Tally& tally;
    Answer answer;
  };

  explicit ModelRunner(Context context) : context_(std::move(context)) {}
  ModelRunner(const ModelRunner&) = delete;
  ModelRunner& operator=(const ModelRunner&) = delete;
  virtual ~ModelRunner() = default;

  /// Waits until another frame can be begun, so that which one it is may be decided as late as possible.
  virtual void await_room() {}
  /// Gives `job` to every model. May wait for requests.
  virtual void run(Job& job) = 0;
  /// No more frames: returns when every model has answered for every job.
  virtual void finish() = 0;
  /// Requests of all models together. From any thread.
  virtual InferQueueStats stats() const = 0;
  /// The largest number of requests that one model has, which tells how many frames are worth having on their way.
  virtual int requests_per_model() const = 0;
  /// Of any model, fewer inferences run than its device is quickest with: another frame would be begun at once.
  virtual bool has_too_little_to_do() const = 0;
  /// Once it has finished.
  virtual void add_to(RunNumbers& numbers) const = 0;

 protected:
  const std::vector<PipelineModel>& models() const noexcept { return context_.parts.models; }
  const Clock& clock() const noexcept { return context_.parts.clock(); }
  /// A request of `queue` with the picture of `job` in it, made ready for one model alone; waits until one is free.
  Result<InferQueue::Slot> prepare_alone(Job& job, std::uint32_t model, InferQueue& queue, StageMeter& meter) const;
  /// Answers with an error.
  void refuse(Job& job, std::uint32_t model, Error why) const {
    job.models[model].outcome = fail(std::move(why));
    context_.answer(job, model);
  }

  const Context context_;
};

/// By the options' strategy. Errors: those of InferQueue::create.
Result<std::unique_ptr<ModelRunner>> make_runner(ModelRunner::Context context);

/// A queue of requests for each model. Errors: those of InferQueue::create.
Result<std::vector<InferQueue>> make_queues(const RunParts& parts, int requests);
InferQueueStats total(const std::vector<InferQueue>& queues);
int most_requests(const std::vector<InferQueue>& queues);
/// Of every queue, fewer are in flight than its model calls optimal.
bool are_all_below_optimum(const std::vector<InferQueue>& queues, const std::vector<PipelineModel>& models);
/// Into `numbers`, by model.
void count_requests(const std::vector<InferQueue>& queues, RunNumbers& numbers);

Result<std::unique_ptr<ModelRunner>> make_shared_runner(ModelRunner::Context context);
Result<std::unique_ptr<ModelRunner>> make_threads_runner(ModelRunner::Context context);
Result<std::unique_ptr<ModelRunner>> make_coroutines_runner(ModelRunner::Context context);

}  // namespace inflight
