// What the postprocessors share: from a model's output to candidates, and from candidates to detections.
#pragma once

#include <cmath>
#include <span>
#include <string>
#include <vector>

#include "convert.hpp"
#include "nms.hpp"

namespace inflight {

/// The first image of an output [..., rows, columns] of f32 or f16.
struct DetectionOutput {
  TensorView tensor;
  std::size_t rows = 0;
  std::size_t columns = 0;
};

/// `outputs[index]` seen so. Errors: invalid_argument (no such output, another type, fewer than two dimensions).
Result<DetectionOutput> pick_output(std::span<const TensorView> outputs, std::size_t index);

/// Rows of T = float or Half. T is read with to_float.
template <class T>
struct Rows {
  const T* data;
  std::size_t count;
  std::size_t columns;

  const T* operator[](std::size_t row) const noexcept { return data + row * columns; }
};

/// Calls `read` with Rows<float> or Rows<Half>.
template <class Read>
void visit_rows(const DetectionOutput& output, Read&& read) {
  if (output.tensor.type() == ElementType::f16) {
    read(Rows<Half>{output.tensor.as<const Half>().data(), output.rows, output.columns});
  } else {
    read(Rows<float>{output.tensor.as<const float>().data(), output.rows, output.columns});
  }
}

/// Candidates of the current thread, empty but with the capacity of earlier frames: postprocessors are shared between
/// threads and must not allocate per frame.
std::vector<Candidate>& candidate_scratch();

/// Adds a candidate unless its score or box is not finite, or the box has no area. Scores above 1 (bf16 rounds some
/// so) become 1.
inline void add_candidate(std::vector<Candidate>& candidates, Candidate candidate) {
  const Edges& e = candidate.box;
  bool finite = std::isfinite(candidate.score) && std::isfinite(e.left) && std::isfinite(e.top) &&
                std::isfinite(e.right) && std::isfinite(e.bottom);
  if (!finite || e.right <= e.left || e.bottom <= e.top) return;
  candidate.score = std::min(candidate.score, 1.0F);
  candidates.push_back(candidate);
}

/// Candidates, best first, as detections in source pixels; those outside the picture are left out.
void to_detections(std::span<const Candidate> candidates, const SourceTransform& transform,
                   std::span<const std::string> labels, std::vector<Detection>& detections);

}  // namespace inflight
