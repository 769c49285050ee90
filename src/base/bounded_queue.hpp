// The only queue between threads in Inflight: bounded, and ended by closing.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "mutex.hpp"

namespace inflight {

/// First in, first out. push() waits while full, pop() while empty. After close(), push() refuses and pop()
/// hands out what is left, then nothing. Never allocates after construction, save in grow(). Thread-safe.
template <class T>
class BoundedQueue {
 public:
  explicit BoundedQueue(std::size_t capacity) : ring_(capacity) {}

  /// Room for so many more, for good.
  void grow(std::size_t more) INFLIGHT_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    std::rotate(ring_.begin(), ring_.begin() + static_cast<std::ptrdiff_t>(head_), ring_.end());
    head_ = 0;
    ring_.resize(ring_.size() + more);
    not_full_.notify_all();
  }

  /// False if closed; `value` is then left untouched.
  bool push(T&& value) INFLIGHT_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    while (size_ == ring_.size() && !closed_) not_full_.wait(lock);
    return put(std::move(value));
  }

  /// Empty once the queue is closed and drained.
  std::optional<T> pop() INFLIGHT_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    while (size_ == 0 && !closed_) not_empty_.wait(lock);
    return take();
  }

  std::optional<T> try_pop() INFLIGHT_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    return take();
  }

  void close() INFLIGHT_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    closed_ = true;
    not_full_.notify_all();
    not_empty_.notify_all();
  }

  std::size_t size() const INFLIGHT_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    return size_;
  }
  std::size_t capacity() const INFLIGHT_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    return ring_.size();
  }

 private:
  bool put(T&& value) INFLIGHT_REQUIRES(mutex_) {
    if (closed_) return false;
    ring_[(head_ + size_) % ring_.size()] = std::move(value);
    ++size_;
    not_empty_.notify_one();
    return true;
  }

  std::optional<T> take() INFLIGHT_REQUIRES(mutex_) {
    if (size_ == 0) return std::nullopt;
    // Moved out and cleared, so that the ring holds on to nothing that has left.
    std::optional<T> value(std::exchange(ring_[head_], T{}));
    head_ = (head_ + 1) % ring_.size();
    --size_;
    not_full_.notify_one();
    return value;
  }

  mutable Mutex mutex_;
  CondVar not_empty_, not_full_;
  std::vector<T> ring_ INFLIGHT_GUARDED_BY(mutex_);
  std::size_t head_ INFLIGHT_GUARDED_BY(mutex_) = 0;
  std::size_t size_ INFLIGHT_GUARDED_BY(mutex_) = 0;
  bool closed_ INFLIGHT_GUARDED_BY(mutex_) = false;
};

}  // namespace inflight
