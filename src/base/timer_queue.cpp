#include "timer_queue.hpp"

#include <algorithm>

namespace inflight {
namespace {

std::uint32_t index_of(TimerId id) noexcept { return static_cast<std::uint32_t>(id); }
std::uint32_t generation_of(TimerId id) noexcept { return static_cast<std::uint32_t>(id >> 32); }

}  // namespace

TimerId TimerQueue::add(TimePoint when, Callback<void()> action) {
  if (free_.empty()) {
    if (slots_.size() == slots_.capacity()) reserve(2 * slots_.size());
    slots_.emplace_back();
    free_.push_back(static_cast<std::uint32_t>(slots_.size() - 1));
  }
  drop_cancelled();
  std::uint32_t index = free_.back();
  free_.pop_back();
  slots_[index].action = std::move(action);
  TimerId id = (TimerId{slots_[index].generation} << 32) | index;
  heap_.push_back({when, order_++, id});
  std::push_heap(heap_.begin(), heap_.end(), later);
  return id;
}

void TimerQueue::reserve(std::size_t timers) {
  slots_.reserve(timers);
  free_.reserve(timers);
  heap_.reserve(2 * timers + 1);  // drop_cancelled() keeps it to that
}

Callback<void()> TimerQueue::cancel(TimerId timer) noexcept { return release(timer); }

std::optional<TimePoint> TimerQueue::next() {
  while (!heap_.empty() && !find(heap_.front().id)) pop_entry();
  if (heap_.empty()) return std::nullopt;
  return heap_.front().when;
}

TimerQueue::Timer TimerQueue::pop() {
  Entry entry = heap_.front();
  pop_entry();
  return {entry.when, release(entry.id)};
}

TimerQueue::Slot* TimerQueue::find(TimerId timer) noexcept {
  std::uint32_t index = index_of(timer);
  if (index >= slots_.size() || slots_[index].generation != generation_of(timer)) return nullptr;
  return &slots_[index];
}

void TimerQueue::pop_entry() noexcept {
  std::pop_heap(heap_.begin(), heap_.end(), later);
  heap_.pop_back();
}

Callback<void()> TimerQueue::release(TimerId timer) noexcept {
  Slot* slot = find(timer);
  if (!slot) return {};
  Callback<void()> action = std::move(slot->action);
  if (++slot->generation == 0) slot->generation = 1;  // an id of 0 must never be a timer
  free_.push_back(index_of(timer));
  return action;
}

void TimerQueue::drop_cancelled() {
  // Deadlines are met long before they are due: left alone, a second of them would wait in the heap for each
  // second of the deadline. Sweeping only when most are dead costs a constant per timer.
  if (heap_.size() <= 2 * slots_.size()) return;
  std::erase_if(heap_, [this](const Entry& entry) { return !find(entry.id); });
  std::make_heap(heap_.begin(), heap_.end(), later);
}

}  // namespace inflight
