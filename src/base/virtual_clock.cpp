#include <algorithm>
#include <optional>
#include <vector>

#include "hidden.hpp"
#include "inflight/clock.hpp"
#include "mutex.hpp"
#include "timer_queue.hpp"
#include "worker.hpp"

namespace inflight {

struct VirtualClock::State {
  mutable Mutex mutex;
  CondVar changed;
  TimerQueue timers INFLIGHT_GUARDED_BY(mutex);
  TimePoint now INFLIGHT_GUARDED_BY(mutex){};
  std::uint64_t set INFLIGHT_GUARDED_BY(mutex) = 0;  ///< timers, ever

  /// Takes the soonest timer if it is due by `limit`, and moves time to it.
  std::optional<TimerQueue::Timer> take(TimePoint limit) INFLIGHT_REQUIRES(mutex) {
    std::optional<TimePoint> next = timers.next();
    if (!next || *next > limit) return std::nullopt;
    TimerQueue::Timer timer = timers.pop();
    now = std::max(now, timer.when);
    return timer;
  }

  bool run_one(TimePoint limit) INFLIGHT_EXCLUDES(mutex) {
    std::optional<TimerQueue::Timer> timer;
    {
      MutexLock lock(mutex);
      timer = take(limit);
    }
    if (timer) timer->action();
    return timer.has_value();
  }
};

/// The threads of drive().
class INFLIGHT_HIDDEN VirtualClock::Driver {
 public:
  Driver(std::shared_ptr<State> state, int threads, Duration settle);
  ~Driver() { stop(); }
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;

 private:
  void stop();
  void run();
  void wait_until_settled(MutexLock& lock);

  std::shared_ptr<State> state_;
  const Duration settle_;
  bool stopping_ = false;        // guarded by state_->mutex
  std::vector<Worker> workers_;  // last: joined before what they use goes
};

VirtualClock::VirtualClock() : state_(std::make_shared<State>()) {}
VirtualClock::~VirtualClock() = default;

TimePoint VirtualClock::now() const noexcept {
  MutexLock lock(state_->mutex);
  return state_->now;
}

TimerId VirtualClock::call_at(TimePoint when, Callback<void()> action) {
  MutexLock lock(state_->mutex);
  state_->changed.notify_one();
  ++state_->set;
  return state_->timers.add(when, std::move(action));
}

bool VirtualClock::cancel(TimerId timer) noexcept {
  Callback<void()> action;  // destroyed after the lock is let go: it may own anything
  MutexLock lock(state_->mutex);
  action = state_->timers.cancel(timer);
  return static_cast<bool>(action);
}

void VirtualClock::advance(Duration step) {
  TimePoint begin = now();
  TimePoint end = step < TimePoint::max() - begin ? begin + step : TimePoint::max();
  while (state_->run_one(end)) {
  }
  MutexLock lock(state_->mutex);
  state_->now = std::max(state_->now, end);
}

bool VirtualClock::advance_to_next() { return state_->run_one(TimePoint::max()); }

std::size_t VirtualClock::run_until_idle() {
  std::size_t ran = 0;
  while (advance_to_next()) ++ran;
  return ran;
}

VirtualClock::Driver::Driver(std::shared_ptr<State> state, int threads, Duration settle)
    : state_(std::move(state)), settle_(settle) {
  try {
    for (int i = 0; i < threads; ++i) workers_.emplace_back("virtual-clock", [this] { run(); });
  } catch (...) {
    stop();  // those that run are waited for next
    throw;
  }
}

void VirtualClock::Driver::stop() {
  MutexLock lock(state_->mutex);
  stopping_ = true;
  state_->changed.notify_all();
}

void VirtualClock::Driver::run() {
  MutexLock lock(state_->mutex);
  while (true) {
    wait_until_settled(lock);
    if (stopping_) return;
    std::optional<TimerQueue::Timer> timer = state_->take(TimePoint::max());
    if (!timer) {
      state_->changed.wait(lock);
      continue;
    }
    lock.unlock();
    timer->action();
    timer.reset();
    lock.lock();
  }
}

void VirtualClock::Driver::wait_until_settled(MutexLock& lock) INFLIGHT_UNLOCKS {
  if (settle_ <= Duration{0}) return;
  std::uint64_t set = 0;
  do {
    set = state_->set;
    TimePoint until = steady_clock().now() + settle_;
    while (!stopping_ && state_->set == set && steady_clock().now() < until) state_->changed.wait_until(lock, until);
  } while (!stopping_ && state_->set != set);
}

std::shared_ptr<void> VirtualClock::drive(int threads, Duration settle) {
  return std::make_shared<Driver>(state_, threads, settle);
}

}  // namespace inflight
