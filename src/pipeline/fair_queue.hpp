// Decoded frames that wait for inference, and whose turn it is.
#pragma once

#include <cstdint>
#include <vector>

#include "mutex.hpp"

namespace inflight {

struct Job;

/// First in, first out within a source. Between sources, the highest priority first; those with the same one take
/// turns, frame by frame, so that none is held back by another that has more waiting. Thread-safe; never waits to push,
/// since each source brings its own room.
class FairQueue {
 public:
  /// Sources are numbered in the order in which they are added. `most`: frames of it that can ever wait.
  void add_source(std::size_t most, int priority) INFLIGHT_EXCLUDES(mutex_);
  void push(std::size_t source, Job& job) INFLIGHT_EXCLUDES(mutex_);
  /// Waits for a frame; nullptr once the queue is closed and empty.
  Job* pop() INFLIGHT_EXCLUDES(mutex_);
  /// The same without waiting; nullptr: there is none now.
  Job* try_pop() INFLIGHT_EXCLUDES(mutex_);
  /// The one of `source` that waits longest; nullptr: none does.
  Job* take_oldest(std::size_t source) INFLIGHT_EXCLUDES(mutex_);
  /// Frames of `source` that wait.
  std::size_t waiting(std::size_t source) const INFLIGHT_EXCLUDES(mutex_);
  /// No more frames of `source` will come, and none waits.
  void close_source(std::size_t source) INFLIGHT_EXCLUDES(mutex_);
  /// No more frames will come.
  void close() INFLIGHT_EXCLUDES(mutex_);
  std::size_t size() const INFLIGHT_EXCLUDES(mutex_);

 private:
  struct Waiting {
    int priority = 0;
    std::uint64_t served_at = 0;  // the turn it had last
    std::vector<Job*> ring;
    std::size_t head = 0, size = 0;
  };
  Job* take(Waiting& waiting) INFLIGHT_REQUIRES(mutex_);
  Waiting& next() INFLIGHT_REQUIRES(mutex_);
  Job* take_next() INFLIGHT_REQUIRES(mutex_);

  mutable Mutex mutex_;
  CondVar not_empty_;
  std::vector<Waiting> sources_ INFLIGHT_GUARDED_BY(mutex_);
  std::vector<std::size_t> active_ INFLIGHT_GUARDED_BY(mutex_);  // those with frames that wait
  std::size_t size_ INFLIGHT_GUARDED_BY(mutex_) = 0;
  std::uint64_t turn_ INFLIGHT_GUARDED_BY(mutex_) = 0;
  bool closed_ INFLIGHT_GUARDED_BY(mutex_) = false;
};

}  // namespace inflight
