// How long a stage was at work, per frame and in all.
#pragma once

#include "inflight/clock.hpp"
#include "inflight/report.hpp"
#include "usage.hpp"

namespace inflight {

/// One thread at a time. Where several threads do the same stage, each has a meter and they are merged.
class StageMeter {
 public:
  void record(Duration busy) noexcept {
    histogram_.record(busy);
    busy_ += busy;
  }
  void merge(const StageMeter& other) noexcept {
    histogram_.merge(other.histogram_);
    busy_ = std::max(busy_, other.busy_);  // side by side: the busiest thread limits
  }
  const Histogram& histogram() const noexcept { return histogram_; }
  Duration busy() const noexcept { return busy_; }

 private:
  Histogram histogram_;
  Duration busy_{0};
};

/// Calls `work` and records the time it took.
template <class Work>
auto timed(StageMeter& meter, const Clock& clock, Work&& work) {
  TimePoint begin = clock.now();
  auto result = work();
  meter.record(clock.now() - begin);
  return result;
}

}  // namespace inflight
