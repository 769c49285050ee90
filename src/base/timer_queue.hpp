// Pending timers of a clock, soonest first.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "inflight/clock.hpp"

namespace inflight {

/// A binary heap with memory for kExpected pending timers, which grows with the largest number ever pending and
/// is then reused. Cancelled timers leave the heap when they come to its top, or when they have become most of
/// it. Not thread-safe: its clock guards it.
class TimerQueue {
 public:
  struct Timer {
    TimePoint when;
    Callback<void()> action;
  };

  TimerQueue() { reserve(kExpected); }

  TimerId add(TimePoint when, Callback<void()> action);

  /// The action of the cancelled timer, for the caller to destroy outside its lock; empty if it was not
  /// pending any more.
  Callback<void()> cancel(TimerId timer) noexcept;

  /// When the soonest timer is due; nullopt if none is pending.
  std::optional<TimePoint> next();

  /// The soonest timer. Precondition: next() has a value.
  Timer pop();

 private:
  struct Entry {
    TimePoint when;
    std::uint64_t order;  // among equal times, the one set first runs first
    TimerId id;
  };
  struct Slot {
    Callback<void()> action;
    std::uint32_t generation = 1;  // tells a reused slot from the timer it held before
  };

  static bool later(const Entry& a, const Entry& b) noexcept {
    return a.when != b.when ? a.when > b.when : a.order > b.order;
  }
  Slot* find(TimerId timer) noexcept;
  /// So that neither add() nor release() allocates while at most `timers` are pending.
  void reserve(std::size_t timers);
  void pop_entry() noexcept;
  void drop_cancelled();
  Callback<void()> release(TimerId timer) noexcept;

  static constexpr std::size_t kExpected = 64;

  std::vector<Entry> heap_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
  std::uint64_t order_ = 0;
};

}  // namespace inflight
