// Frames per second of late, for overlays and progress.
#pragma once

#include <array>

#include "inflight/clock.hpp"

namespace inflight {

/// The rate over the last 32 frames, so over about a second of video.
class RateMeter {
 public:
  double tick(TimePoint now) noexcept {
    std::size_t slot = count_ % times_.size();
    TimePoint oldest = count_ < times_.size() ? times_[0] : times_[slot];
    std::size_t frames = count_ < times_.size() ? count_ : times_.size();
    times_[slot] = now;
    ++count_;
    double span = to_seconds(now - oldest);
    return frames == 0 || span <= 0 ? 0 : static_cast<double>(frames) / span;
  }

 private:
  std::array<TimePoint, 32> times_{};
  std::size_t count_ = 0;
};

}  // namespace inflight
