#include "device_pool_comparison.hpp"

#include <algorithm>

namespace inflight {
namespace {

constexpr int kWarmUps = 2;  // the first may compile kernels or touch its memory for the first time
constexpr int kPerWindow = 4;
constexpr Duration kLongWindow = std::chrono::milliseconds(100);  // slow devices are counted as little as can be
constexpr double kClearlyFaster = 1.05;
// Where both compute on the same cores, what the one takes from the other is counted in whole inferences: over few
// of them that count is off by a quarter.
constexpr int kPerSharedWindow = 16;
constexpr int kSharedRounds = 2;  // what gathers completes by the batch: one would be no measurement
constexpr Duration kLongSharedWindow = std::chrono::seconds(1);

}  // namespace

Comparison::Comparison(Side candidate, std::optional<Side> serving, bool shared_cores) noexcept
    : candidate_(candidate), serving_(serving), shared_cores_(shared_cores) {}

bool Comparison::involves(std::size_t member) const noexcept {
  return member == candidate_.member || (serving_ && member == serving_->member);
}

void Comparison::completed(std::size_t member, TimePoint now, bool is_probe) noexcept {
  if (over()) return;
  if (member == target().member) return step_ == 0 ? warmed_up() : count(now);
  if (on_candidate() && opened_ && !is_probe) ++beside_candidate_;
}

void Comparison::warmed_up() noexcept {
  if (++warm_ups_ == kWarmUps) next_step();
}

void Comparison::next_step() noexcept {
  ++step_;
  if (!serving_ && !on_candidate()) ++step_;
  opened_.reset();
  ramped_up_ = 0;
  counted_ = 0;
}

void Comparison::count(TimePoint now) noexcept {
  if (!opened_) {
    if (++ramped_up_ >= target().ramp_up) opened_ = now;
    return;
  }
  ++counted_;
  if (!is_enough(now)) return;
  Tally& tally = on_candidate() ? candidate_tally_ : serving_tally_;
  tally.count += counted_;
  tally.time += now - *opened_;
  next_step();
}

bool Comparison::is_enough(TimePoint now) const noexcept {
  // Whole rounds of the width: devices with several lanes complete in bursts.
  if (counted_ % target().width != 0) return false;
  bool shared = shared_cores_ && serving_;
  return counted_ >= (shared ? std::max(kPerSharedWindow, kSharedRounds * target().width) : kPerWindow) ||
         now - *opened_ >= (shared ? kLongSharedWindow : kLongWindow);
}

double Comparison::serving_speed() const noexcept { return serving_tally_.count / to_seconds(serving_tally_.time); }

double Comparison::candidate_speed() const noexcept {
  double seconds = to_seconds(candidate_tally_.time);
  double speed = candidate_tally_.count / seconds;
  if (!shared_cores_ || !serving_ || seconds <= 0) return speed;
  // The serving device went on working meanwhile, on cores that would be the candidate's if it served. That share
  // is what it completed, of what it can; never more than half, which is what the scheduler leaves to either.
  double taken = std::min(beside_candidate_ / seconds / serving_speed(), 0.5);
  return speed / (1 - taken);
}

bool Comparison::candidate_is_faster() const noexcept {
  if (candidate_tally_.time <= Duration{0}) return serving_tally_.time > Duration{0};
  return candidate_speed() > kClearlyFaster * serving_speed();
}

}  // namespace inflight
