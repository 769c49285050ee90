// How long a ProcessModel waits for what its process is to say. One timer, set when something is asked for and none is
// pending; whether anything is late is worked out when it runs, so that an inference costs no timer of its own.
#include <fmt/format.h>

#include <algorithm>

#include "process_request.hpp"

namespace inflight {

void ProcessModel::expect_compiled() {
  MutexLock lock(mutex_);
  fault_.clear();
  patience_.begin_anew();
  compiled_by_.reset();
  std::optional<Duration> time = patience_.for_compiling();
  if (!time) return;
  compiled_by_ = clock_.now() + *time;
  wake_at(*compiled_by_);
}

void ProcessModel::expect_answer(ProcessRequest& request) {
  request.sent_ = clock_.now();
  request.ahead_ = running_++;
  if (std::optional<TimePoint> deadline = deadline_of(request)) wake_at(*deadline);
}

void ProcessModel::expect_cancel(ProcessRequest& request) {
  request.cancelled_at_ = clock_.now();
  if (std::optional<TimePoint> deadline = deadline_of(request)) wake_at(*deadline);
}

/// One inference after the other is the slowest that a process can be. It is late when nothing was answered for as
/// long as one may take, and when one was not for as long as all may that were before it.
std::optional<TimePoint> ProcessModel::deadline_of(const ProcessRequest& request) const {
  std::optional<Duration> one = patience_.for_inference();
  if (!one) return std::nullopt;
  TimePoint deadline = std::min(std::max(request.sent_, answered_) + *one, request.sent_ + *one * (1 + request.ahead_));
  if (!request.cancelled_) return deadline;
  return std::min(deadline, std::max(request.cancelled_at_, answered_) + *patience_.for_cancel());
}

void ProcessModel::wake_at(TimePoint when) {
  if (stopping_ || (wakes_at_ && *wakes_at_ <= when)) return;
  if (wakes_at_) {
    if (!clock_.cancel(timer_)) return;  // it runs just now, and looks at this one too
    --timers_;
  }
  wakes_at_ = when;
  ++timers_;
  timer_ = clock_.call_at(when, [this] { look_at_deadlines(); });
}

void ProcessModel::look_at_deadlines() {
  MutexLock lock(mutex_);
  wakes_at_.reset();
  TimePoint now = clock_.now();
  std::optional<TimePoint> next;
  auto consider = [&](TimePoint deadline, const char* what) INFLIGHT_REQUIRES(mutex_) {
    if (deadline <= now && fault_.empty()) return end_as(fmt::format("did not answer in time ({})", what));
    next = std::min(next.value_or(deadline), deadline);
  };
  if (compiled_by_) consider(*compiled_by_, "compiling");
  for (const auto& [number, request] : requests_) {
    if (request->phase_ != ProcessRequest::Phase::running) continue;
    if (std::optional<TimePoint> deadline = deadline_of(*request))
      consider(*deadline, request->cancelled_ ? "a cancelled inference" : "an inference");
  }
  if (next && fault_.empty()) wake_at(*next);
  --timers_;
  changed_.notify_all();  // under the lock: after it there may be no model any more
}

void ProcessModel::stop_timer(MutexLock& lock) {
  if (wakes_at_ && clock_.cancel(timer_)) --timers_;
  while (timers_ > 0) changed_.wait(lock);
}

/// The thread that supervises hears of it as of a process that has gone.
void ProcessModel::end_as(std::string fault) {
  fault_ = std::move(fault);
  if (channel_) channel_->shut_down();
}

}  // namespace inflight
