#include "periodic.hpp"

#include <algorithm>

#include "mutex.hpp"

namespace inflight {

class Periodic::State : public std::enable_shared_from_this<State> {
 public:
  State(Clock& clock, Duration interval) : clock_(clock), interval_(interval), next_(clock.now()) {}

  /// Sets the timer of the next action. By the constructing thread, then by the worker.
  void arm() {
    next_ = std::max(next_ + interval_, clock_.now());
    timer_ = clock_.call_at(next_, [state = shared_from_this()] { state->wake(); });
  }

  void run(const std::function<void()>& action) {
    while (wait()) {
      arm();  // before the action: whoever waits for that may then move the clock on
      action();
    }
    clock_.cancel(timer_);
  }

  void end() INFLIGHT_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    ending_ = true;
    changed_.notify_one();
  }

 private:
  void wake() INFLIGHT_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    due_ = true;
    changed_.notify_one();
  }

  /// False: no more.
  bool wait() INFLIGHT_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    while (!due_ && !ending_) changed_.wait(lock);
    due_ = false;
    return !ending_;
  }

  Clock& clock_;
  const Duration interval_;
  TimePoint next_;
  TimerId timer_ = 0;
  Mutex mutex_;
  CondVar changed_;
  bool due_ INFLIGHT_GUARDED_BY(mutex_) = false;
  bool ending_ INFLIGHT_GUARDED_BY(mutex_) = false;
};

Periodic::Periodic(std::string name, Clock& clock, Duration interval, std::function<void()> action)
    : state_(std::make_shared<State>(clock, interval)) {
  state_->arm();
  worker_ =
      std::make_unique<Worker>(std::move(name), [state = state_, action = std::move(action)] { state->run(action); });
}

Periodic::~Periodic() { state_->end(); }  // the worker, declared last, is waited for next

}  // namespace inflight
