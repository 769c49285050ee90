// SSD networks: lists of finished detections.
#include <fmt/format.h>

#include "families.hpp"
#include "row_postprocessor.hpp"

namespace inflight {
namespace {

constexpr float kMaxLabel = 1e6F;  // anything above is garbage, and far above cannot become an int

/// Reads the rows of Caffe's and OpenVINO's DetectionOutput layer: image id, label, score, left, top, right, bottom
/// in 0..1 of the input, ended by image id −1. The layer has suppressed overlaps itself, so nothing does it here again.
class SsdPostprocessor final : public RowPostprocessor {
 public:
  using RowPostprocessor::RowPostprocessor;

 private:
  Result<void> check(const DetectionOutput& output) const override {
    if (output.columns == kSsdColumns) return {};
    return fail(ErrorCode::invalid_argument,
                fmt::format("an SSD output has 7 columns, but this one is {}", to_string(output.tensor.shape())));
  }

  void collect(const DetectionOutput& output, Size model, std::vector<Candidate>& candidates) const override {
    auto width = static_cast<float>(model.width), height = static_cast<float>(model.height);
    for_each_row(output, [&](const auto* row, std::size_t index) {
      float label = to_float(row[1]), score = to_float(row[2]);
      if (!(score >= options_.score_threshold) || !(label >= 0 && label < kMaxLabel)) return;
      // May reach beyond 0..1: networks guess what the border hides. Clipped in source pixels, at the very end.
      Edges box{to_float(row[3]) * width, to_float(row[4]) * height, to_float(row[5]) * width,
                to_float(row[6]) * height};
      add_candidate(candidates, {box, score, static_cast<int>(label), static_cast<std::uint32_t>(index)});
    });
  }

  void thin_out(std::vector<Candidate>& candidates) const override { sort_best_first(candidates); }

  float highest_score(const DetectionOutput& output) const override {
    float highest = kNoScore;
    for_each_row(output, [&](const auto* row, std::size_t) {
      float score = to_float(row[2]);
      if (score > highest) highest = score;
    });
    return highest;
  }

  /// Calls `read` with the rows of the first picture of the batch.
  template <class Read>
  static void for_each_row(const DetectionOutput& output, Read&& read) {
    visit_rows(output, [&](auto rows) {
      for (std::size_t i = 0; i < rows.count; ++i) {
        float image = to_float(rows[i][0]);
        if (!(image >= 0)) break;  // −1, or NaN, which would hide the end
        if (image == 0) read(rows[i], i);
      }
    });
  }
};

}  // namespace

std::unique_ptr<Postprocessor> make_ssd(const ModelFamily& family, const PostprocessOptions& options) {
  return std::make_unique<SsdPostprocessor>(family, options);
}

}  // namespace inflight
