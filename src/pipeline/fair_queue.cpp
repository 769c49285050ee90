#include "fair_queue.hpp"

#include <algorithm>
#include <utility>

namespace inflight {

void FairQueue::add_source(std::size_t most, int priority) {
  MutexLock lock(mutex_);
  sources_.push_back({priority, turn_, std::vector<Job*>(most, nullptr), 0, 0});
  active_.reserve(sources_.size());
}

void FairQueue::push(std::size_t source, Job& job) {
  MutexLock lock(mutex_);
  Waiting& waiting = sources_[source];
  if (waiting.size == 0) active_.push_back(source);
  waiting.ring[(waiting.head + waiting.size++) % waiting.ring.size()] = &job;
  ++size_;
  not_empty_.notify_one();
}

Job* FairQueue::pop() {
  MutexLock lock(mutex_);
  while (size_ == 0 && !closed_) not_empty_.wait(lock);
  return take_next();
}

Job* FairQueue::try_pop() {
  MutexLock lock(mutex_);
  return take_next();
}

Job* FairQueue::take_oldest(std::size_t source) {
  MutexLock lock(mutex_);
  return sources_[source].size > 0 ? take(sources_[source]) : nullptr;
}

std::size_t FairQueue::waiting(std::size_t source) const {
  MutexLock lock(mutex_);
  return sources_[source].size;
}

void FairQueue::close_source(std::size_t source) {
  MutexLock lock(mutex_);
  std::vector<Job*>().swap(sources_[source].ring);
}

void FairQueue::close() {
  MutexLock lock(mutex_);
  closed_ = true;
  not_empty_.notify_all();
}

std::size_t FairQueue::size() const {
  MutexLock lock(mutex_);
  return size_;
}

Job* FairQueue::take(Waiting& waiting) {
  Job* job = std::exchange(waiting.ring[waiting.head], nullptr);
  waiting.head = (waiting.head + 1) % waiting.ring.size();
  --size_;
  if (--waiting.size == 0) std::erase(active_, static_cast<std::size_t>(&waiting - sources_.data()));
  return job;
}

Job* FairQueue::take_next() {
  if (size_ == 0) return nullptr;
  Waiting& waiting = next();
  waiting.served_at = ++turn_;
  return take(waiting);
}

FairQueue::Waiting& FairQueue::next() {
  auto before = [this](std::size_t a, std::size_t b) INFLIGHT_REQUIRES(mutex_) {
    const Waiting &x = sources_[a], &y = sources_[b];
    return x.priority != y.priority ? x.priority > y.priority : x.served_at < y.served_at;
  };
  return sources_[*std::ranges::min_element(active_, before)];
}

}  // namespace inflight
