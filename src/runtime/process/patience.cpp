#include "patience.hpp"

#include <algorithm>

namespace inflight {
namespace {

constexpr Duration kFirstAnswer = std::chrono::minutes(2);
constexpr Duration kLeast = std::chrono::seconds(30);
constexpr int kTimesSlowest = 20;
constexpr Duration kLeastForCancel = std::chrono::milliseconds(700);  // a stop ends within a second
constexpr int kTimesSlowestForCancel = 10;

}  // namespace

std::optional<Duration> Patience::for_compiling() const noexcept {
  if (policy_.compile_time <= Duration{0}) return std::nullopt;
  return policy_.compile_time;
}

std::optional<Duration> Patience::for_inference() const noexcept {
  if (policy_.answer_time == Duration{0}) return std::nullopt;
  if (policy_.answer_time > Duration{0}) return policy_.answer_time;
  return slowest_ ? std::max(kLeast, kTimesSlowest * *slowest_) : kFirstAnswer;
}

std::optional<Duration> Patience::for_cancel() const noexcept {
  std::optional<Duration> inference = for_inference();
  if (!inference) return std::nullopt;
  return std::min(*inference, std::max(kLeastForCancel, kTimesSlowestForCancel * slowest_.value_or(Duration{0})));
}

bool Allowance::take(TimePoint now) noexcept {
  if (before_) left_ = std::min(most_, left_ + per_second_ * to_seconds(now - *before_));
  before_ = now;
  if (left_ < 1) return false;
  --left_;
  return true;
}

}  // namespace inflight
