// How far apart the results of two runs over the same frames are.
#pragma once

#include <optional>
#include <vector>

#include "inflight/frame.hpp"

namespace inflight::app {

/// Engines round differently, so where other devices, batches or precisions served, results are alike rather than
/// equal: the same detections, with scores this close and corners this close as a share of the box.
constexpr float kScoreTolerance = 0.01F;
constexpr float kBoxTolerance = 0.02F;

struct Difference {
  float score = 0;
  float box = 0;
  bool is_none() const noexcept { return score == 0 && box == 0; }
  bool is_tolerable() const noexcept { return score <= kScoreTolerance && box <= kBoxTolerance; }
};

/// The larger of both.
Difference most_of(const Difference& a, const Difference& b) noexcept;

/// The largest difference; none where there are other detections.
std::optional<Difference> difference(const FrameResult& a, const FrameResult& b);
/// Of all frames; none where one has other detections, or there are more frames in one.
std::optional<Difference> difference(const std::vector<FrameResult>& a, const std::vector<FrameResult>& b);

}  // namespace inflight::app
