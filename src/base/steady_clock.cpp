#include <optional>

#include "clock_thread.hpp"
#include "inflight/clock.hpp"
#include "mutex.hpp"
#include "timer_queue.hpp"
#include "worker.hpp"

namespace inflight {
namespace {

class SteadyClock final : public Clock {
 public:
  TimePoint now() const noexcept override {
    return std::chrono::time_point_cast<Duration>(std::chrono::steady_clock::now());
  }

  TimerId call_at(TimePoint when, Callback<void()> action) override {
    MutexLock lock(mutex_);
    if (!worker_) worker_.emplace(kThreadName, [this] { run(); });
    std::optional<TimePoint> before = timers_.next();
    TimerId id = timers_.add(when, std::move(action));
    if (!before || when < *before) changed_.notify_one();
    return id;
  }

  Result<void> start() {
    MutexLock lock(mutex_);
    if (worker_) return {};
    Result<Worker> worker = Worker::start(kThreadName, [this] { run(); });
    if (!worker) return fail(std::move(worker.error()));
    worker_.emplace(std::move(*worker));
    return {};
  }

  bool cancel(TimerId timer) noexcept override {
    Callback<void()> action;  // destroyed after the lock is let go: it may own anything
    MutexLock lock(mutex_);
    action = timers_.cancel(timer);
    return static_cast<bool>(action);
  }

 private:
  static constexpr const char* kThreadName = "clock";

  void run() {
    MutexLock lock(mutex_);
    while (true) {
      std::optional<TimePoint> next = timers_.next();
      if (!next) {
        changed_.wait(lock);
      } else if (*next > now()) {
        changed_.wait_until(lock, *next);
      } else {
        TimerQueue::Timer timer = timers_.pop();
        lock.unlock();
        timer.action();
        timer.action.reset();
        lock.lock();
      }
    }
  }

  Mutex mutex_;
  CondVar changed_;
  TimerQueue timers_ INFLIGHT_GUARDED_BY(mutex_);
  std::optional<Worker> worker_ INFLIGHT_GUARDED_BY(mutex_);
};

SteadyClock& the_clock() noexcept {
  // Never destroyed: engines and other globals may ask for the time until the process is gone.
  static auto* clock = new SteadyClock;
  return *clock;
}

}  // namespace

Clock& steady_clock() noexcept { return the_clock(); }
Result<void> start_clock_thread() { return the_clock().start(); }

}  // namespace inflight
