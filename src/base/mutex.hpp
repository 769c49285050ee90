// std::mutex with the annotations that let clang check, at compile time, which fields a mutex guards.
#pragma once

#include <condition_variable>
#include <mutex>

#include "inflight/clock.hpp"

#if defined(__clang__)
#define INFLIGHT_ATTRIBUTE(x) __attribute__((x))
#else
#define INFLIGHT_ATTRIBUTE(x)
#endif
#define INFLIGHT_GUARDED_BY(m) INFLIGHT_ATTRIBUTE(guarded_by(m))
#define INFLIGHT_REQUIRES(m) INFLIGHT_ATTRIBUTE(requires_capability(m))
/// For functions that let go of a lock their caller holds and take it again: clang cannot follow that.
#define INFLIGHT_UNLOCKS INFLIGHT_ATTRIBUTE(no_thread_safety_analysis)
#define INFLIGHT_EXCLUDES(m) INFLIGHT_ATTRIBUTE(locks_excluded(m))

namespace inflight {

class INFLIGHT_ATTRIBUTE(capability("mutex")) Mutex {
 public:
  void lock() INFLIGHT_ATTRIBUTE(acquire_capability()) { mutex_.lock(); }
  void unlock() INFLIGHT_ATTRIBUTE(release_capability()) { mutex_.unlock(); }

 private:
  friend class MutexLock;
  std::mutex mutex_;
};

/// Holds a Mutex for a scope; may be let go early and taken again.
class INFLIGHT_ATTRIBUTE(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) INFLIGHT_ATTRIBUTE(acquire_capability(mutex)) : lock_(mutex.mutex_) {}
  ~MutexLock() INFLIGHT_ATTRIBUTE(release_capability()) = default;
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;
  void unlock() INFLIGHT_ATTRIBUTE(release_capability()) { lock_.unlock(); }
  void lock() INFLIGHT_ATTRIBUTE(acquire_capability()) { lock_.lock(); }

 private:
  friend class CondVar;
  std::unique_lock<std::mutex> lock_;
};

/// Callers loop around wait() themselves, so that the analysis sees the guarded fields being read.
class CondVar {
 public:
  void wait(MutexLock& lock) { condition_.wait(lock.lock_); }
  void wait_until(MutexLock& lock, TimePoint when) { condition_.wait_until(lock.lock_, when); }
  void notify_one() noexcept { condition_.notify_one(); }
  void notify_all() noexcept { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

}  // namespace inflight
