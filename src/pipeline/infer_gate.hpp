// So many inferences side by side, whatever models they belong to.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "mutex.hpp"

namespace inflight {

struct Job;

/// An inference that is ready to start.
struct ReadyInference {
  Job* job = nullptr;
  std::uint32_t model = 0;
};

/// Several models on one processor are quickest when no more inferences run than it has lanes for: more only take
/// each other's caches and time slices. What is ready waits here, first come, first served, and is started by the
/// thread on which another completed, so that nobody has to be woken in between. Bounded by the requests of the models.
/// Thread-safe.
class InferGate {
 public:
  explicit InferGate(int limit) noexcept : limit_(limit) {}

  /// True: start it now. False: leave() will hand it out.
  bool enter(ReadyInference inference) INFLIGHT_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    if (running_ == limit_) {
      waiting_.push_back(inference);
      return false;
    }
    ++running_;
    return true;
  }

  /// One has ended. The one to start now in its place, if any waits.
  std::optional<ReadyInference> leave() INFLIGHT_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    if (waiting_.empty()) {
      --running_;
      return std::nullopt;
    }
    ReadyInference next = waiting_.front();
    waiting_.pop_front();
    return next;
  }

 private:
  const int limit_;
  Mutex mutex_;
  int running_ INFLIGHT_GUARDED_BY(mutex_) = 0;
  std::deque<ReadyInference> waiting_ INFLIGHT_GUARDED_BY(mutex_);
};

}  // namespace inflight
