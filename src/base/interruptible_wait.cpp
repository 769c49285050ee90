#include "interruptible_wait.hpp"

#include "mutex.hpp"

namespace inflight {

class InterruptibleWait::State {
 public:
  /// By the kernel alone: a timer would wake the clock's thread first, and that one the waiting thread.
  bool sleep_until(TimePoint when) INFLIGHT_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    while (!interrupted_ && steady_clock().now() < when) changed_.wait_until(lock, when);
    return !interrupted_;
  }

  bool wait_until(const Clock& clock, TimePoint when) INFLIGHT_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    while (!interrupted_ && clock.now() < when) changed_.wait(lock);
    return !interrupted_;
  }

  void interrupt() INFLIGHT_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    interrupted_ = true;
    changed_.notify_all();
  }

  /// Under the lock, so that nobody who has just looked at the clock misses it.
  void look_again() INFLIGHT_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    changed_.notify_all();
  }

  bool interrupted() const INFLIGHT_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    return interrupted_;
  }

 private:
  mutable Mutex mutex_;
  CondVar changed_;
  bool interrupted_ INFLIGHT_GUARDED_BY(mutex_) = false;
};

InterruptibleWait::InterruptibleWait(Clock& clock) : clock_(clock), state_(std::make_shared<State>()) {}
InterruptibleWait::~InterruptibleWait() = default;

bool InterruptibleWait::until(TimePoint when) {
  if (&clock_ == &steady_clock()) return state_->sleep_until(when);
  if (interrupted() || clock_.now() >= when) return !interrupted();
  TimerId timer = clock_.call_at(when, [state = state_] { state->look_again(); });
  bool came = state_->wait_until(clock_, when);
  clock_.cancel(timer);
  return came;
}

void InterruptibleWait::interrupt() noexcept { state_->interrupt(); }
bool InterruptibleWait::interrupted() const noexcept { return state_->interrupted(); }

}  // namespace inflight
