#include "credit_control.hpp"

#include <utility>

namespace inflight {

void CreditControl::set_bounds(Bounds bounds) noexcept {
  std::size_t extra = credits_ - bounds_.least;
  bounds_ = bounds;
  credits_ = std::min(bounds_.least + extra, bounds_.most);
}

bool CreditControl::next(const Signs& signs) noexcept {
  if (frames_ == 0) begin_window(signs);
  least_waiting_ = std::min(least_waiting_, signs.waiting);
  caught_up_ = caught_up_ || signs.sinks_caught_up;
  if (frames_++ < kWindow) return false;
  Duration could_save =
      std::min(signs.device_waited - begin_.device_waited, signs.source_waited - begin_.source_waited);
  Duration took = signs.now - begin_.now;
  bool changed = decide(took > Duration{0} ? to_seconds(could_save) / to_seconds(took) : 0);
  begin_window(signs);
  frames_ = 1;  // the last of this window is the first of the next
  return changed;
}

void CreditControl::begin_window(const Signs& signs) noexcept {
  begin_ = signs;
  least_waiting_ = signs.waiting;
  caught_up_ = signs.sinks_caught_up;
}

bool CreditControl::decide(double saved) noexcept {
  rest_ = std::max(0, rest_ - 1);
  if (std::size_t added = std::exchange(added_, 0); added > 0 && saved > kHelped * saved_before_) {
    added_ = added;
    return undo();
  }
  // Frames that wait at a sink that never has nothing to do are waiting for that sink: more of them help nobody.
  if (saved > kWorthIt && caught_up_) return more(saved);
  bool only_waited = least_waiting_ > 1 || !caught_up_;
  idle_windows_ = only_waited ? idle_windows_ + 1 : 0;
  step_ = 1;
  return idle_windows_ >= kPatience && fewer();
}

bool CreditControl::more(double saved) noexcept {
  idle_windows_ = 0;
  std::size_t wanted = std::min(bounds_.most, credits_ + step_);
  if (rest_ > 0 || wanted <= credits_) return false;
  step_ *= 2;  // where one was not enough, the device is not kept waiting for long
  added_ = wanted - credits_;
  saved_before_ = saved;
  credits_ = wanted;
  return true;
}

bool CreditControl::undo() noexcept {
  credits_ -= std::exchange(added_, 0);
  credits_ = std::max(credits_, bounds_.least);
  step_ = 1;
  rest_ = next_rest_;
  next_rest_ = std::min(2 * next_rest_, kLongestRest);
  return true;
}

bool CreditControl::fewer() noexcept {
  idle_windows_ = 0;
  std::size_t surplus = least_waiting_ > 1 ? least_waiting_ - 1 : 1;
  std::size_t wanted = credits_ - std::min(surplus, credits_ - bounds_.least);
  if (wanted == credits_) return false;
  credits_ = wanted;
  return true;
}

}  // namespace inflight
