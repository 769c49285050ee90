// How a pool tells what happens to it.
#pragma once

#include <functional>
#include <vector>

#include "inflight/engine.hpp"
#include "mutex.hpp"

namespace inflight {

/// Hands events to one callback, in their order and one at a time, from whichever thread comes along and never
/// under a lock of the pool. Thread-safe. What waits is bounded by how often devices change while one call runs.
class PoolEvents {
 public:
  explicit PoolEvents(std::function<void(const DeviceEvent&)> tell) : tell_(std::move(tell)) {}

  /// Takes the event down; callable under any lock.
  void add(DeviceEvent event) INFLIGHT_EXCLUDES(mutex_);

  /// Tells what was taken down, unless another thread is about it already. Call it without a lock.
  void deliver() INFLIGHT_EXCLUDES(mutex_);

  /// The same, and waits for the other thread: what was taken down before has been told on return.
  void settle() INFLIGHT_EXCLUDES(mutex_);

 private:
  void deliver(MutexLock& lock) INFLIGHT_REQUIRES(mutex_);

  const std::function<void(const DeviceEvent&)> tell_;
  Mutex mutex_;
  CondVar delivered_;
  std::vector<DeviceEvent> waiting_ INFLIGHT_GUARDED_BY(mutex_);
  bool delivering_ INFLIGHT_GUARDED_BY(mutex_) = false;
};

}  // namespace inflight
