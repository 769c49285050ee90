// How long a stage was at work, per frame and in all.
#pragma once

#include <array>
#include <atomic>
#include <string>

#include "inflight/clock.hpp"
#include "inflight/report.hpp"
#include "usage.hpp"

namespace inflight {

/// Stage names as they stand in the summary, in the order of a frame's way.
enum class Stage : std::uint8_t { decode, preprocess, infer, postprocess, sink };
inline constexpr std::array<const char*, 5> kStageNames{"decode", "preprocess", "infer", "postprocess", "sink"};

/// What all threads of a stage have done so far: for those who look while the run goes on.
struct StageTotals {
  std::atomic<std::uint64_t> frames = 0;
  std::atomic<Duration::rep> busy = 0;
};

/// One thread at a time. Where several threads do the same stage, each has a meter and they are merged.
class StageMeter {
 public:
  /// Besides itself, a meter may tell the totals of its stage, and a recorder, on which `thread` it was at work.
  struct Listeners {
    StageTotals* totals = nullptr;
    TimelineRecorder* recorder = nullptr;
  };
  StageMeter() = default;
  StageMeter(Stage stage, std::string thread, Listeners listeners)
      : stage_(kStageNames[static_cast<std::size_t>(stage)]), thread_(std::move(thread)), listeners_(listeners) {}

  void record(Duration busy) noexcept {
    histogram_.record(busy);
    busy_ += busy;
    if (!listeners_.totals) return;
    listeners_.totals->frames.fetch_add(1, std::memory_order_relaxed);
    listeners_.totals->busy.fetch_add(busy.count(), std::memory_order_relaxed);
  }
  void record(TimePoint begin, TimePoint end, std::uint64_t frame) {
    record(end - begin);
    if (listeners_.recorder) listeners_.recorder->span({thread_, stage_, frame, begin, end});
  }
  void merge(const StageMeter& other) noexcept {
    histogram_.merge(other.histogram_);
    busy_ = std::max(busy_, other.busy_);  // side by side: the busiest thread limits
  }
  /// One after the other, or each with a part of the device of its own.
  void add(const StageMeter& other) noexcept {
    histogram_.merge(other.histogram_);
    busy_ += other.busy_;
  }
  const Histogram& histogram() const noexcept { return histogram_; }
  Duration busy() const noexcept { return busy_; }

 private:
  Histogram histogram_;
  Duration busy_{0};
  const char* stage_ = "";
  std::string thread_;
  Listeners listeners_;
};

/// Calls `work` and records the time it took for `frame`.
template <class Work>
auto timed(StageMeter& meter, const Clock& clock, std::uint64_t frame, Work&& work) {
  TimePoint begin = clock.now();
  auto result = work();
  meter.record(begin, clock.now(), frame);
  return result;
}

}  // namespace inflight
