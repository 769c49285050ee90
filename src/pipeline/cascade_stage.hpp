// The second model of a cascade: boxes of the first are cut out and given to it.
#pragma once

#include <functional>
#include <optional>

#include "bounded_queue.hpp"
#include "job.hpp"
#include "run_context.hpp"
#include "worker.hpp"

namespace inflight {

/// Belongs to the `post` thread, with a thread of its own that waits for requests: `post` frees them, so it must not
/// wait for one itself. Pictures are not copied: crops are windows into the frame.
class CascadeStage {
 public:
  /// Told once for each crop, on any thread.
  using Answer = std::function<void(Job&, std::uint32_t crop)>;

  /// Errors: those of InferQueue::create.
  static Result<std::unique_ptr<CascadeStage>> create(const RunParts& parts, Tally& tally, Answer answer);
  ~CascadeStage();

  /// Room for the jobs of another source.
  void grow(std::size_t jobs) { frames_.grow(jobs); }
  /// How many crops of `job` are asked for; for each, `answer` runs. None: the job is untouched.
  std::size_t begin(Job& job);
  /// What the model said of the crop, in its detection; its request is free again.
  Outcome finish(Job& job, std::uint32_t crop);
  /// No more jobs; returns when all have been answered.
  void close();
  void add_to(RunNumbers& numbers) const;
  InferQueueStats stats() const { return queue_.stats(); }

 private:
  CascadeStage(const RunParts& parts, Tally& tally, Answer answer, InferQueue queue);
  void work();
  Result<void> start(Job& job, std::uint32_t crop);

  const Cascade& cascade_;
  const std::size_t source_model_;  // whose boxes
  const Clock& clock_;
  const Answer answer_;
  InferQueue queue_;
  BoundedQueue<Job*> frames_{1};
  StageMeter preprocess_;  // of its thread
  StageMeter infer_;       // of post
  std::optional<Worker> worker_;
};

}  // namespace inflight
