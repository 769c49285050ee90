// YOLOX and YOLOv5: rows of x, y, width, height, objectness and one score per class; score = objectness · class.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "detection_output.hpp"
#include "families.hpp"

namespace inflight {
namespace {

/// Not finite if a number is not; add_candidate sorts that out.
Edges centred(float x, float y, float width, float height) noexcept {
  return {x - width / 2, y - height / 2, x + width / 2, y + height / 2};
}

/// What both share. A row gives one candidate, of its best class, as in Megvii's and Ultralytics' own detectors.
class YoloPostprocessor : public Postprocessor {
 public:
  YoloPostprocessor(const ModelFamily& family, const PostprocessOptions& options, std::size_t rows)
      : output_(family.output), labels_(family.labels), options_(options), rows_(rows) {}

  Result<void> run(std::span<const TensorView> outputs, const SourceTransform& transform,
                   std::vector<Detection>& detections) const final {
    auto output = pick_output(outputs, output_);
    if (!output) return fail(std::move(output.error()));
    // Grids depend on it: with another number of rows every box would be misplaced, or lie outside the tensor.
    if (output->rows != rows_ || output->columns <= kYoloBoxColumns) {
      return fail(ErrorCode::invalid_argument,
                  fmt::format("the model's input size asks for an output [1,{},5+classes], "
                              "but this one is {}",
                              rows_, to_string(output->tensor.shape())));
    }
    std::vector<Candidate>& candidates = candidate_scratch();
    collect(*output, candidates);
    suppress(candidates, options_.nms_iou, options_.nms);
    to_detections(candidates, transform, labels_, detections);
    return {};
  }

 protected:
  /// Adds every row that scores high enough, in model pixels. `output` has the family's rows and at least one class.
  virtual void collect(const DetectionOutput& output, std::vector<Candidate>& candidates) const = 0;

  /// Class scores are at most 1, so that objectness alone refuses nearly every row.
  template <class T>
  bool may_pass(const T* row) const noexcept {
    return to_float(row[4]) >= options_.score_threshold;  // false for NaN
  }

  /// Adds row `index`, whose box is `box`, if its best class scores high enough.
  template <class T>
  void add(const Rows<T>& rows, std::size_t index, const Edges& box, std::vector<Candidate>& candidates) const {
    const T* first = rows[index] + kYoloBoxColumns;
    std::size_t classes = rows.columns - kYoloBoxColumns, best = 0;
    float best_score = to_float(first[0]);
    for (std::size_t c = 1; c < classes; ++c) {
      float score = to_float(first[c]);
      if (score > best_score) {
        best = c;
        best_score = score;
      }
    }
    float score = to_float(rows[index][4]) * best_score;
    if (!(score >= options_.score_threshold)) return;
    add_candidate(candidates, {box, score, static_cast<int>(best), static_cast<std::uint32_t>(index)});
  }

 private:
  const std::size_t output_;
  const std::vector<std::string> labels_;
  const PostprocessOptions options_;
  const std::size_t rows_;
};

/// Megvii's export: x and y relative to the cell, width and height as logarithms, all in strides
/// (yolox/utils/demo_utils.py, demo_postprocess).
class YoloxPostprocessor final : public YoloPostprocessor {
 public:
  YoloxPostprocessor(const ModelFamily& family, Size input, const PostprocessOptions& options)
      : YoloPostprocessor(family, options, grid_cells(input)), input_(input) {}

 private:
  void collect(const DetectionOutput& output, std::vector<Candidate>& candidates) const override {
    visit_rows(output, [&](auto rows) {
      std::size_t index = 0;
      for (int stride : kYoloStrides) collect_grid(rows, stride, index, candidates);
    });
  }

  /// Row by row, as the network writes them; `index` goes on from grid to grid.
  template <class T>
  void collect_grid(const Rows<T>& rows, int stride, std::size_t& index, std::vector<Candidate>& candidates) const {
    auto scale = static_cast<float>(stride);
    for (int y = 0; y < input_.height / stride; ++y) {
      for (int x = 0; x < input_.width / stride; ++x, ++index) {
        const T* row = rows[index];
        if (!may_pass(row)) continue;
        Edges box = centred((to_float(row[0]) + static_cast<float>(x)) * scale,
                            (to_float(row[1]) + static_cast<float>(y)) * scale, std::exp(to_float(row[2])) * scale,
                            std::exp(to_float(row[3])) * scale);
        add(rows, index, box, candidates);
      }
    }
  }

  const Size input_;
};

/// Ultralytics' export: boxes are ready, in pixels of the input or, from TensorFlow, in 0..1 of it.
class Yolov5Postprocessor final : public YoloPostprocessor {
 public:
  Yolov5Postprocessor(const ModelFamily& family, Size input, const PostprocessOptions& options)
      : YoloPostprocessor(family, options, kYolov5Anchors * grid_cells(input)),
        width_(family.normalised_boxes ? static_cast<float>(input.width) : 1),
        height_(family.normalised_boxes ? static_cast<float>(input.height) : 1) {}

 private:
  void collect(const DetectionOutput& output, std::vector<Candidate>& candidates) const override {
    visit_rows(output, [&](auto rows) {
      for (std::size_t i = 0; i < rows.count; ++i) {
        auto row = rows[i];
        if (!may_pass(row)) continue;
        Edges box = centred(to_float(row[0]) * width_, to_float(row[1]) * height_, to_float(row[2]) * width_,
                            to_float(row[3]) * height_);
        add(rows, i, box, candidates);
      }
    });
  }

  const float width_, height_;  // from the network's unit to pixels
};

}  // namespace

std::unique_ptr<Postprocessor> make_yolox(const ModelFamily& family, Size input, const PostprocessOptions& options) {
  return std::make_unique<YoloxPostprocessor>(family, input, options);
}

std::unique_ptr<Postprocessor> make_yolov5(const ModelFamily& family, Size input, const PostprocessOptions& options) {
  return std::make_unique<Yolov5Postprocessor>(family, input, options);
}

}  // namespace inflight
