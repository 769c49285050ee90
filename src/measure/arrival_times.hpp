// When the inferences of a paced load are due.
#pragma once

#include <random>

#include "inflight/measure.hpp"

namespace inflight {

/// Offsets from the start of the load, one after the other. The same seed gives the same times.
class ArrivalTimes {
 public:
  explicit ArrivalTimes(const LoadOptions& options)
      : even_(options.arrivals == Arrivals::even), rate_(options.rate), random_(options.seed), gap_(options.rate) {}

  Duration next() {
    // Even times are counted, not added up, so that rounding does not make them drift.
    double seconds = even_ ? static_cast<double>(count_++) / rate_ : (passed_ += gap_(random_));
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
  }

 private:
  const bool even_;
  const double rate_;
  std::mt19937_64 random_;
  std::exponential_distribution<double> gap_;  // between the arrivals of a Poisson process
  std::uint64_t count_ = 0;
  double passed_ = 0;
};

}  // namespace inflight
