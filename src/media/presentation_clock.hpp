// When a picture is to be shown, from what containers say about it.
#pragma once

#include "av_support.hpp"
#include "inflight/clock.hpp"

namespace inflight::media {

/// Gives times that start at 0 and always increase, over missing stamps, jumps back and repeated plays.
class PresentationClock {
 public:
  /// `step`: what to add where nothing is known.
  PresentationClock(AVRational time_base, Duration step) noexcept : time_base_(time_base), step_(step) {}

  Duration stamp(std::int64_t pts) noexcept {
    if (pts == AV_NOPTS_VALUE) return last_ = next();
    if (origin_ == AV_NOPTS_VALUE) anchor(pts);
    Duration time = base_ + since_origin(pts);
    if (any_ && time <= last_) {  // a camera started anew, or recordings were joined
      anchor(pts);
      time = base_;
    }
    any_ = true;
    return last_ = time;
  }

  /// The source starts from its first picture again.
  void restart() noexcept { origin_ = AV_NOPTS_VALUE; }

 private:
  Duration next() noexcept {
    Duration time = any_ ? last_ + step_ : Duration(0);
    any_ = true;
    return time;
  }

  void anchor(std::int64_t pts) noexcept {
    origin_ = pts;
    base_ = any_ ? last_ + step_ : Duration(0);
  }

  Duration since_origin(std::int64_t pts) const noexcept {
    return Duration(av_rescale_q(pts - origin_, time_base_, AVRational{1, 1'000'000'000}));
  }

  AVRational time_base_;
  Duration step_;
  std::int64_t origin_ = AV_NOPTS_VALUE;  // the stamp that means base_
  Duration base_{0};
  Duration last_{0};
  bool any_ = false;
};

}  // namespace inflight::media
