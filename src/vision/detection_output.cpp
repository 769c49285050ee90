#include "detection_output.hpp"

#include <fmt/format.h>

#include <charconv>

namespace inflight {
namespace {

/// Assigns into the string that is there: short names and numbers never allocate.
void set_label(std::string& label, int class_id, std::span<const std::string> labels) {
  auto id = static_cast<std::size_t>(class_id);
  if (id < labels.size() && !labels[id].empty()) {
    label = labels[id];
    return;
  }
  char digits[16];
  auto end = std::to_chars(std::begin(digits), std::end(digits), class_id).ptr;
  label.assign(digits, end);
}

}  // namespace

Result<DetectionOutput> pick_output(std::span<const TensorView> outputs, std::size_t index) {
  if (index >= outputs.size()) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("detections are in output {}, but only {} outputs were given", index, outputs.size()));
  }
  const TensorView& tensor = outputs[index];
  const Shape& shape = tensor.shape();
  bool readable = tensor.type() == ElementType::f32 || tensor.type() == ElementType::f16;
  if (!readable || shape.rank() < 2 || !shape.is_static()) {
    return fail(ErrorCode::invalid_argument, fmt::format("output {} is {} {}: not rows of f32 or f16 numbers", index,
                                                         to_string(tensor.type()), to_string(shape)));
  }
  auto columns = static_cast<std::size_t>(shape[shape.rank() - 1]);
  auto rows = static_cast<std::size_t>(shape[shape.rank() - 2]);
  // An empty dimension before them leaves no image to read.
  return DetectionOutput{tensor, tensor.elements() == 0 ? 0 : rows, columns};
}

// One per thread and not per postprocessor: run() is const and several threads may be in it. It lives until the
// thread ends, and holds as many candidates as the fullest frame had.
std::vector<Candidate>& candidate_scratch() {
  thread_local std::vector<Candidate> candidates;
  candidates.clear();
  return candidates;
}

void to_detections(std::span<const Candidate> candidates, const SourceTransform& transform,
                   std::span<const std::string> labels, std::vector<Detection>& detections) {
  // Overwrites in place, so that the vector and its strings keep their memory from frame to frame.
  detections.resize(candidates.size());
  std::size_t count = 0;
  for (const Candidate& candidate : candidates) {
    Box box = clip_to_source(candidate.box, transform);
    if (box.width <= 0 || box.height <= 0) continue;
    Detection& detection = detections[count++];
    detection.box = box;
    detection.score = candidate.score;
    detection.class_id = candidate.class_id;
    set_label(detection.label, candidate.class_id, labels);
  }
  detections.resize(count);
}

}  // namespace inflight
