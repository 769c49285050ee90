// One run of a load: asks for inferences when they are due, on the calling thread.
#pragma once

#include <optional>
#include <vector>

#include "inflight/infer_queue.hpp"
#include "load_log.hpp"

namespace inflight {

class Load {
 public:
  /// `options` must outlive it.
  Load(const LoadOptions& options, InferQueue queue);

  /// Errors: those of the first inference.
  Result<LoadSummary> run();

 private:
  Result<Duration> warm_up();
  void read_operations(LoadSummary& summary);
  void play();
  void play_closed();
  void play_synchronously();
  void play_bursts();
  void play_paced();
  bool goes_on();

  Result<InferQueue::Slot> prepared();
  Result<void> fill(InferQueue::Slot& slot);
  /// Waits for a free request and submits it. `due` counts for paced loads only.
  void ask(TimePoint due);
  bool submit(InferQueue::Slot slot, InferQueue::Completion done);
  TimePoint now() const noexcept { return clock_.now(); }

  const LoadOptions& options_;
  Clock& clock_;
  InferQueue queue_;
  LoadLog log_;
  TimePoint start_;
  std::uint64_t asked_ = 0;
  std::vector<bool> filled_;    // by slot
  std::optional<Error> error_;  // that ended the run: the queue's, not an inference's
};

}  // namespace inflight
