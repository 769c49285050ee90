// When does a batch go? The decision alone, without threads or requests, so that it can be tested by itself.
#pragma once

#include <optional>

#include "inflight/engine.hpp"

namespace inflight {

/// A batch goes as soon as it is full, or when its oldest request has waited `max_delay`. It goes earlier where
/// waiting cannot pay: when those who could still join are too few or come too slowly to fill it in time. Not
/// thread-safe: its owner's lock guards it.
class BatchPlanner {
 public:
  explicit BatchPlanner(const BatchPolicy& policy) noexcept : policy_(policy) {}

  /// A request has come. What was learned is a running mean of the gaps between arrivals.
  void arrived(TimePoint now) noexcept;

  struct State {
    int pending = 0;        ///< requests that wait, ≥ 1
    int could_join = 0;     ///< requests that exist and neither wait nor run
    TimePoint oldest;       ///< arrival of the oldest that waits
    bool flushing = false;  ///< nobody else will come
  };
  /// nullopt: launch now. Else: look again at that time, or at the next arrival.
  std::optional<TimePoint> wait_until(const State& state, TimePoint now) const noexcept;

 private:
  BatchPolicy policy_;
  std::optional<TimePoint> last_arrival_;
  Duration mean_gap_ = Duration::max();  // until two requests have come, nobody is expected
};

}  // namespace inflight
