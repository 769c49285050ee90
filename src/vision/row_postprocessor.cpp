#include "row_postprocessor.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace inflight {
namespace {

/// Of numbers that are no pixels, boxes come out smaller.
bool is_larger_than_a_pixel(const Candidate& candidate) {
  return candidate.box.right - candidate.box.left > 1 && candidate.box.bottom - candidate.box.top > 1;
}

void raise(std::atomic<float>& highest, float score) noexcept {
  float before = highest.load(std::memory_order_relaxed);
  while (score > before && !highest.compare_exchange_weak(before, score, std::memory_order_relaxed)) {
  }
}

}  // namespace

Result<void> RowPostprocessor::run(std::span<const TensorView> outputs, const SourceTransform& transform,
                                   std::vector<Detection>& detections) const {
  auto output = pick_output(outputs, output_);
  if (!output) return fail(std::move(output.error()));
  if (Result<void> readable = check(*output); !readable) return readable;
  std::vector<Candidate>& candidates = candidate_scratch();
  collect(*output, transform.model, candidates);
  thin_out(candidates);
  to_detections(candidates, transform, labels_, detections);
  observe(*output, candidates, !detections.empty());
  return {};
}

void RowPostprocessor::observe(const DetectionOutput& output, std::span<const Candidate> candidates,
                               bool detected) const {
  if (found_.load(std::memory_order_relaxed)) return;
  looked_.store(true, std::memory_order_relaxed);
  if (detected && std::ranges::any_of(candidates, is_larger_than_a_pixel))
    return found_.store(true, std::memory_order_relaxed);
  raise(highest_, highest_score(output));
}

std::string RowPostprocessor::take_doubt() const {
  bool looked = looked_.exchange(false), found = found_.exchange(false);
  float highest = highest_.exchange(kNoScore);
  if (!looked || found) return {};
  const float threshold = options_.score_threshold;
  std::string family = fmt::format("the family is another than {} (--decoder)", decoder_);
  if (highest == kNoScore) return fmt::format("no row of the output had a score; perhaps {}", family);
  if (highest < threshold)
    return fmt::format(
        "the highest score was {:.2g}, and {:.2g} is asked for (--score); if there was something to "
        "find, perhaps {}, or the model wants its pictures otherwise (inflight info)",
        highest, threshold, family);
  return fmt::format(
      "scores went up to {:.2g}, but with no box of more than a pixel within the picture, or no label; "
      "perhaps boxes are in another unit (--boxes), or {}",
      highest, family);
}

}  // namespace inflight
