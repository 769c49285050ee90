// Time, handed in. Everything in Inflight that waits for a moment asks a Clock, so that tests and
// simulations replace it and run hours in milliseconds.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

#include "inflight/api.hpp"
#include "inflight/callback.hpp"

namespace INFLIGHT_API inflight {

using Duration = std::chrono::nanoseconds;
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, Duration>;

inline double to_ms(Duration d) noexcept { return std::chrono::duration<double, std::milli>(d).count(); }
inline double to_seconds(Duration d) noexcept { return std::chrono::duration<double>(d).count(); }

/// Identifies one pending timer of one clock; 0 is never a timer.
using TimerId = std::uint64_t;

/// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint now() const noexcept = 0;

  /// Runs `action` once at `when`, or as soon as possible if that has passed, on a thread of the clock.
  /// `action` must not block or throw; it may set further timers. steady_clock() throws std::system_error where its
  /// thread cannot be started; once a model was compiled, it runs.
  virtual TimerId call_at(TimePoint when, Callback<void()> action) = 0;

  /// True: the timer was pending and will never run. False: it has run, or is running now. Never blocks.
  virtual bool cancel(TimerId timer) noexcept = 0;
};

/// Real, monotonic time. Lives until the end of the program; its timer thread starts with the first timer.
Clock& steady_clock() noexcept;

/// Time that moves only when told. Timers run in the order of their times, equal times in the order set.
class VirtualClock final : public Clock {
 public:
  VirtualClock();
  ~VirtualClock() override;

  TimePoint now() const noexcept override;
  TimerId call_at(TimePoint when, Callback<void()> action) override;
  bool cancel(TimerId timer) noexcept override;

  /// Runs every timer due within `step` (those set meanwhile too) on this thread; time then stands at
  /// the end of the step.
  void advance(Duration step);

  /// Jumps to the next timer and runs it on this thread. False if none is pending.
  bool advance_to_next();

  /// Runs timers until none is pending. Returns how many ran.
  std::size_t run_until_idle();

  /// While it lives, `threads` threads jump from timer to timer, so that code which blocks can be tested:
  /// simulated time passes as fast as the machine allows. With `settle`, time jumps only after no timer was set for
  /// so long in reality: those whom the last one woke have that long to do their part before simulated time goes on.
  /// Throws std::system_error where a thread cannot be started.
  std::shared_ptr<void> drive(int threads = 1, Duration settle = Duration{0});

 private:
  struct State;
  class Driver;
  std::shared_ptr<State> state_;
};

}  // namespace INFLIGHT_API inflight
