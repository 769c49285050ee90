// The bound on what a pipeline holds: a credit is taken before a frame is read and returned when the last
// sink has let it go.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mutex.hpp"

namespace inflight {

/// Bounded in bytes and in number. A frame larger than the whole budget is let in alone, so nothing is too
/// large to pass. First come, first served, so that small frames cannot keep a large one out for ever.
/// Thread-safe.
class Credits {
 public:
  Credits(std::size_t max_bytes, std::size_t max_count) noexcept : max_bytes_(max_bytes), max_count_(max_count) {}

  struct Bounds {
    std::size_t bytes, count;
  };

  /// Waits for room. False once closed; nothing is then taken.
  bool take(std::size_t bytes) INFLIGHT_EXCLUDES(mutex_);
  /// The same without waiting: false where there is no room, or somebody waits for it already.
  bool try_take(std::size_t bytes) INFLIGHT_EXCLUDES(mutex_);
  /// Corrects a credit that was taken on an estimate, without waiting.
  void adjust(std::size_t taken, std::size_t actual) INFLIGHT_EXCLUDES(mutex_);
  void give_back(std::size_t bytes) INFLIGHT_EXCLUDES(mutex_);
  /// Lets everyone who waits go away empty-handed.
  void close() INFLIGHT_EXCLUDES(mutex_);
  /// What was taken beyond a lower bound stays taken until it is given back.
  void set_bounds(Bounds bounds) INFLIGHT_EXCLUDES(mutex_);

  struct Held {
    std::size_t bytes, max_bytes, count, max_count;
    std::size_t waiting;  ///< callers of take()
  };
  Held held() const INFLIGHT_EXCLUDES(mutex_);
  std::size_t bytes() const INFLIGHT_EXCLUDES(mutex_);
  std::size_t max_bytes_held() const INFLIGHT_EXCLUDES(mutex_);

 private:
  bool has_room(std::size_t bytes) const INFLIGHT_REQUIRES(mutex_) {
    return count_ == 0 || (count_ < max_count_ && bytes_ + bytes <= max_bytes_);
  }

  void grant(std::size_t bytes) INFLIGHT_REQUIRES(mutex_);

  mutable Mutex mutex_;
  CondVar room_;
  std::size_t max_bytes_ INFLIGHT_GUARDED_BY(mutex_);
  std::size_t max_count_ INFLIGHT_GUARDED_BY(mutex_);
  std::size_t bytes_ INFLIGHT_GUARDED_BY(mutex_) = 0;
  std::size_t count_ INFLIGHT_GUARDED_BY(mutex_) = 0;
  std::size_t peak_ INFLIGHT_GUARDED_BY(mutex_) = 0;
  std::uint64_t arrived_ INFLIGHT_GUARDED_BY(mutex_) = 0;  // callers of take() so far
  std::uint64_t served_ INFLIGHT_GUARDED_BY(mutex_) = 0;   // and those let in
  bool closed_ INFLIGHT_GUARDED_BY(mutex_) = false;
};

}  // namespace inflight
