#include "credits.hpp"

#include <algorithm>

namespace inflight {

bool Credits::take(std::size_t bytes) {
  MutexLock lock(mutex_);
  const std::uint64_t turn = arrived_++;
  while (!closed_ && (turn != served_ || !has_room(bytes))) room_.wait(lock);
  if (closed_) return false;
  ++served_;
  grant(bytes);
  room_.notify_all();  // whoever is next may fit too
  return true;
}

bool Credits::try_take(std::size_t bytes) {
  MutexLock lock(mutex_);
  if (closed_ || arrived_ != served_ || !has_room(bytes)) return false;
  grant(bytes);
  return true;
}

void Credits::grant(std::size_t bytes) {
  bytes_ += bytes;
  ++count_;
  peak_ = std::max(peak_, bytes_);
}

void Credits::adjust(std::size_t taken, std::size_t actual) {
  MutexLock lock(mutex_);
  bytes_ += actual;
  bytes_ -= taken;
  peak_ = std::max(peak_, bytes_);
  room_.notify_all();
}

void Credits::give_back(std::size_t bytes) {
  MutexLock lock(mutex_);
  bytes_ -= bytes;
  --count_;
  room_.notify_all();
}

void Credits::close() {
  MutexLock lock(mutex_);
  closed_ = true;
  room_.notify_all();
}

void Credits::set_bounds(Bounds bounds) {
  MutexLock lock(mutex_);
  max_bytes_ = bounds.bytes;
  max_count_ = bounds.count;
  room_.notify_all();
}

Credits::Held Credits::held() const {
  MutexLock lock(mutex_);
  return {bytes_, max_bytes_, count_, max_count_, static_cast<std::size_t>(arrived_ - served_)};
}

std::size_t Credits::bytes() const {
  MutexLock lock(mutex_);
  return bytes_;
}

std::size_t Credits::max_bytes_held() const {
  MutexLock lock(mutex_);
  return peak_;
}

}  // namespace inflight
