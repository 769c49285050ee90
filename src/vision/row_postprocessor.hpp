// What the postprocessors have in common: outputs of rows, of which those that score high enough become detections.
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "detection_output.hpp"
#include "inflight/vision.hpp"

namespace inflight {

class RowPostprocessor : public Postprocessor {
 public:
  RowPostprocessor(const ModelFamily& family, const PostprocessOptions& options)
      : options_(options), decoder_(family.decoder), labels_(family.labels), output_(family.output) {}

  Result<void> run(std::span<const TensorView> outputs, const SourceTransform& transform,
                   std::vector<Detection>& detections) const final;
  std::string take_doubt() const final;

 protected:
  /// Errors: invalid_argument (an output that cannot be read).
  virtual Result<void> check(const DetectionOutput& output) const = 0;
  /// Adds every row that scores high enough, in pixels of the `model`'s input. `output` has passed check().
  virtual void collect(const DetectionOutput& output, Size model, std::vector<Candidate>& candidates) const = 0;
  /// Puts the best first and leaves out what covers the same object.
  virtual void thin_out(std::vector<Candidate>& candidates) const = 0;
  /// Of all rows; kNoScore if none has one. Only asked of pictures in which nothing was found, and no longer once
  /// something was.
  virtual float highest_score(const DetectionOutput& output) const = 0;

  static constexpr float kNoScore = -1;
  const PostprocessOptions options_;

 private:
  void observe(const DetectionOutput& output, std::span<const Candidate> candidates, bool detected) const;

  const std::string decoder_;
  const std::vector<std::string> labels_;
  const std::size_t output_;
  // What was seen since take_doubt(), by several threads. They need not agree on more than each number.
  mutable std::atomic<bool> looked_ = false;
  mutable std::atomic<bool> found_ = false;
  mutable std::atomic<float> highest_ = kNoScore;
};

}  // namespace inflight
