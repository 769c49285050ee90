#include "nms.hpp"

#include <algorithm>

namespace inflight {
namespace {

/// A strict order even among equal scores: std::sort is not stable, and results must not depend on it.
bool better(const Candidate& a, const Candidate& b) noexcept {
  return a.score != b.score ? a.score > b.score : a.index < b.index;
}

float area(const Edges& e) noexcept { return (e.right - e.left) * (e.bottom - e.top); }

/// Without a division. Boxes so large that their areas overflow compare as not overlapping.
bool overlaps(const Edges& a, const Edges& b, float iou) noexcept {
  float width = std::min(a.right, b.right) - std::max(a.left, b.left);
  float height = std::min(a.bottom, b.bottom) - std::max(a.top, b.top);
  if (width <= 0 || height <= 0) return false;
  float common = width * height;
  return common > iou * (area(a) + area(b) - common);
}

}  // namespace

void sort_best_first(std::vector<Candidate>& candidates) {
  if (candidates.size() > kMaxCandidates) {
    // Linear time, so that even an output full of garbage costs little before the quadratic part.
    auto end = candidates.begin() + kMaxCandidates;
    std::nth_element(candidates.begin(), end, candidates.end(), better);
    candidates.erase(end, candidates.end());
  }
  std::sort(candidates.begin(), candidates.end(), better);
}

void suppress(std::vector<Candidate>& candidates, float iou, NmsMode mode) {
  sort_best_first(candidates);
  // The kept ones gather at the front, so each box meets only those that can suppress it: n · kept comparisons, and
  // kept is small wherever there is anything to suppress. `kept` never overtakes the candidate being read.
  auto kept = candidates.begin();
  for (const Candidate& candidate : candidates) {
    bool covered = std::any_of(candidates.begin(), kept, [&](const Candidate& better_one) {
      bool rivals = mode == NmsMode::agnostic || better_one.class_id == candidate.class_id;
      return rivals && overlaps(better_one.box, candidate.box, iou);
    });
    if (!covered) *kept++ = candidate;
  }
  candidates.erase(kept, candidates.end());
}

}  // namespace inflight
