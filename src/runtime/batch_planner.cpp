#include "batch_planner.hpp"

#include <algorithm>
#include <utility>

namespace inflight {

void BatchPlanner::arrived(TimePoint now) noexcept {
  std::optional<TimePoint> last = std::exchange(last_arrival_, now);
  if (!last) return;
  // A pause longer than any delay tells that the source rests, not how long gaps are: it counts as one long gap.
  Duration gap = std::min<Duration>(now - *last, 100 * std::max<Duration>(policy_.max_delay, Duration{1}));
  // The weight of the newest gap: a change of rate is learned within about a batch.
  constexpr int kWeight = 4;
  mean_gap_ = mean_gap_ == Duration::max() ? gap : mean_gap_ + (gap - mean_gap_) / kWeight;
}

std::optional<TimePoint> BatchPlanner::wait_until(const State& state, TimePoint now) const noexcept {
  TimePoint deadline = state.oldest + policy_.max_delay;
  int missing = std::min(policy_.max_size - state.pending, state.could_join);
  if (missing <= 0 || state.flushing || now >= deadline) return std::nullopt;
  // Half a batch is expected to come in time, or it is not worth the oldest one's waiting.
  int worth_waiting_for = (missing + 1) / 2;
  bool too_slow = mean_gap_ == Duration::max() || mean_gap_ > (deadline - now) / worth_waiting_for;
  if (too_slow) return std::nullopt;
  return deadline;
}

}  // namespace inflight
