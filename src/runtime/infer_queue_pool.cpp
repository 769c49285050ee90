// The requests of the queue: which there are, who has one, who waits for one.
#include <algorithm>

#include "infer_queue_state.hpp"

namespace inflight {
namespace {

tl::unexpected<Error> none_free() { return fail(ErrorCode::would_block, "no request is free"); }

}  // namespace

// ---- the pool ----

void InferQueue::State::follow_model() {
  if (!follows_) return;
  auto size = static_cast<std::size_t>(size_for_model());
  bool grows = size > size_;
  size_ = size;
  if (grows) answer_waiting();
}

bool InferQueue::State::may_take() const { return records_.size() - idle_.size() + adding_ < size_; }

Result<void> InferQueue::State::add_request(MutexLock& lock) INFLIGHT_UNLOCKS {
  ++adding_;
  lock.unlock();
  Result<std::unique_ptr<InferRequest>> request = model_->create_request();
  lock.lock();
  --adding_;
  if (!request) return fail(std::move(request.error()));
  std::rotate(ring_.begin(), ring_.begin() + static_cast<std::ptrdiff_t>(ring_head_), ring_.end());
  ring_head_ = 0;
  records_.emplace_back().request = std::move(*request);
  ring_.resize(records_.size());
  idle_.reserve(records_.size());
  idle_.push_back(static_cast<std::uint32_t>(records_.size() - 1));
  return {};
}

std::optional<std::uint32_t> InferQueue::State::take(MutexLock& lock) {
  follow_model();
  if (idle_.empty() && may_take()) {
    // A model that cannot give more leaves the pool as it is; no use to ask again for each request.
    if (!add_request(lock)) {
      follows_ = false;
      size_ = records_.size();
    }
    answer_waiting();
  }
  call_answered(lock);
  if (closed_ || idle_.empty() || !waiting_.empty() || !may_take()) return std::nullopt;
  return take_idle();
}

std::uint32_t InferQueue::State::take_idle() {
  std::uint32_t index = idle_.back();
  idle_.pop_back();
  records_[index].phase = Phase::leased;
  return index;
}

InferQueue::Slot InferQueue::State::slot(std::uint32_t index) {
  return Slot(shared_from_this(), *records_[index].request, index);
}

void InferQueue::State::recycle(std::uint32_t index) {
  records_[index].phase = Phase::idle;
  idle_.push_back(index);
  answer_waiting();
}

void InferQueue::State::release(std::uint32_t index) noexcept {
  MutexLock lock(mutex_);
  recycle(index);
  call_answered(lock);
}

// ---- taking one ----

Result<InferQueue::Slot> InferQueue::State::try_acquire() {
  MutexLock lock(mutex_);
  std::optional<std::uint32_t> index = closed_ ? std::nullopt : take(lock);
  if (index) return slot(*index);
  if (closed_) return closed();
  return none_free();
}

Result<InferQueue::Slot> InferQueue::State::acquire(std::optional<Duration> time) {
  MutexLock lock(mutex_);
  if (closed_) return closed();
  if (std::optional<std::uint32_t> index = take(lock)) return slot(*index);
  if (closed_) return closed();
  if (time && *time <= Duration{0}) return none_free();

  TimePoint since = clock_.now();
  std::optional<TimePoint> until;
  if (time && *time < TimePoint::max() - since) until = since + *time;  // else it is never over
  Waiter self;
  waiting_.push(self);
  wait_for_answer(lock, self, until);
  stats_.queue_time += clock_.now() - since;
  if (!self.answered) return none_free();
  return to_slot(self.index);
}

void InferQueue::State::wait_for_answer(MutexLock& lock, Waiter& self, std::optional<TimePoint> until) {
  bool late = false;
  TimerId timer = 0;
  if (until) {
    timer = clock_.call_at(*until, [this, &late] {
      MutexLock timer_lock(mutex_);
      late = true;
      answered_.notify_all();
    });
  }
  while (!self.answered && !late) answered_.wait(lock);
  if (!self.answered) waiting_.remove(self);
  // A timer that could not be cancelled is about to write `late`, which lives on this stack.
  if (timer != 0 && !clock_.cancel(timer))
    while (!late) answered_.wait(lock);
}

void InferQueue::State::acquire_async(Callback<void(Result<Slot>)> ready) {
  MutexLock lock(mutex_);
  std::optional<std::uint32_t> index = closed_ ? std::nullopt : take(lock);
  if (!index && !closed_) {
    Waiter& waiter = spare_.empty() ? *new Waiter : spare_.pop();
    waiter.ready = std::move(ready);
    return waiting_.push(waiter);
  }
  Result<Slot> answer = to_slot(index);
  lock.unlock();
  ready(std::move(answer));
}

Result<InferQueue::Slot> InferQueue::State::to_slot(std::optional<std::uint32_t> index) {
  if (!index) return closed();
  return slot(*index);
}

// ---- those who wait ----

void InferQueue::State::WaiterList::push(Waiter& waiter) noexcept {
  waiter.next = nullptr;
  (last_ ? last_->next : first_) = &waiter;
  last_ = &waiter;
}

InferQueue::State::Waiter& InferQueue::State::WaiterList::pop() noexcept {
  Waiter& waiter = *first_;
  first_ = waiter.next;
  if (!first_) last_ = nullptr;
  return waiter;
}

void InferQueue::State::WaiterList::remove(Waiter& waiter) noexcept {
  Waiter* before = nullptr;
  for (Waiter* w = first_; w != &waiter; w = w->next) before = w;
  (before ? before->next : first_) = waiter.next;
  if (last_ == &waiter) last_ = before;
}

void InferQueue::State::answer_first(std::optional<std::uint32_t> index) {
  Waiter& waiter = waiting_.pop();
  waiter.index = index;
  waiter.answered = true;
  if (waiter.ready) return to_call_.push(waiter);
  answered_.notify_all();
}

void InferQueue::State::answer_waiting() {
  while (!waiting_.empty() && !idle_.empty() && may_take()) answer_first(take_idle());
}

void InferQueue::State::call_answered(MutexLock& lock) {
  // Only waiters: a callback must not find itself called again from within because it let its slot go.
  if (to_call_.empty()) return;
  if (dispatch_ == Dispatch::own_thread && !worker_stops_) return work_.notify_one();
  while (!to_call_.empty()) answer_async(lock);
}

void InferQueue::State::answer_async(MutexLock& lock) INFLIGHT_UNLOCKS {
  Waiter& waiter = to_call_.pop();
  Callback<void(Result<Slot>)> ready = std::move(waiter.ready);
  std::optional<std::uint32_t> index = waiter.index;
  spare_.push(waiter);
  Result<Slot> answer = to_slot(index);
  ++calling_;
  lock.unlock();
  bool returned = call(ready, std::move(answer));
  ready.reset();
  lock.lock();
  --calling_;
  if (!returned) ++stats_.callback_errors;
  settled_.notify_all();
}

}  // namespace inflight
