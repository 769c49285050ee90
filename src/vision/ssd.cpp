// SSD networks: lists of finished detections.
#include <fmt/format.h>

#include "detection_output.hpp"
#include "families.hpp"

namespace inflight {
namespace {

constexpr float kMaxLabel = 1e6F;  // anything above is garbage, and far above cannot become an int

/// Reads the rows of Caffe's and OpenVINO's DetectionOutput layer: image id, label, score, left, top, right, bottom
/// in 0..1 of the input, ended by image id −1. The layer has suppressed overlaps itself, so nothing does it here again.
class SsdPostprocessor final : public Postprocessor {
 public:
  SsdPostprocessor(const ModelFamily& family, const PostprocessOptions& options)
      : output_(family.output), labels_(family.labels), threshold_(options.score_threshold) {}

  Result<void> run(std::span<const TensorView> outputs, const SourceTransform& transform,
                   std::vector<Detection>& detections) const override {
    auto output = pick_output(outputs, output_);
    if (!output) return fail(std::move(output.error()));
    if (output->columns != kSsdColumns) {
      return fail(ErrorCode::invalid_argument,
                  fmt::format("an SSD output has 7 columns, but this one is {}", to_string(output->tensor.shape())));
    }
    std::vector<Candidate>& candidates = candidate_scratch();
    visit_rows(*output, [&](auto rows) { collect(rows, transform.model, candidates); });
    sort_best_first(candidates);
    to_detections(candidates, transform, labels_, detections);
    return {};
  }

 private:
  template <class T>
  void collect(const Rows<T>& rows, Size model, std::vector<Candidate>& candidates) const {
    auto width = static_cast<float>(model.width), height = static_cast<float>(model.height);
    for (std::size_t i = 0; i < rows.count; ++i) {
      const T* row = rows[i];
      if (!(to_float(row[0]) >= 0)) break;  // −1, or NaN, which would hide the end
      float label = to_float(row[1]), score = to_float(row[2]);
      if (!(score >= threshold_) || !(label >= 0 && label < kMaxLabel)) continue;
      // May reach beyond 0..1: networks guess what the border hides. Clipped in source pixels, at the very end.
      Edges box{to_float(row[3]) * width, to_float(row[4]) * height, to_float(row[5]) * width,
                to_float(row[6]) * height};
      add_candidate(candidates, {box, score, static_cast<int>(label), static_cast<std::uint32_t>(i)});
    }
  }

  const std::size_t output_;
  const std::vector<std::string> labels_;
  const float threshold_;
};

}  // namespace

std::unique_ptr<Postprocessor> make_ssd(const ModelFamily& family, const PostprocessOptions& options) {
  return std::make_unique<SsdPostprocessor>(family, options);
}

}  // namespace inflight
