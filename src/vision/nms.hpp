// Non-maximum suppression: of boxes that cover the same object, keep the best.
#pragma once

#include <cstdint>
#include <vector>

#include "geometry.hpp"

namespace inflight {

/// A box that scored high enough, in model pixels.
struct Candidate {
  Edges box;
  float score = 0;
  int class_id = 0;
  std::uint32_t index = 0;  ///< place in the model's output: settles ties, so that results do not vary
};

/// Best score first; equal scores in the order of the model's output. Leaves at most `kMaxCandidates`.
void sort_best_first(std::vector<Candidate>& candidates);

/// Sorts, then drops every box whose intersection over union with a better kept one exceeds `iou`: of the same class,
/// or of any where agnostic. The greedy form of torchvision's `nms`, which Megvii's and Ultralytics' own code use.
void suppress(std::vector<Candidate>& candidates, float iou, NmsMode mode);

/// Bounds the time that a garbage output can cost; Ultralytics' `max_nms`.
inline constexpr std::size_t kMaxCandidates = 30000;

}  // namespace inflight
