// YOLOX and YOLOv5: rows of x, y, width, height, objectness and one score per class; score = objectness · class.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "families.hpp"
#include "row_postprocessor.hpp"

namespace inflight {
namespace {

/// Not finite if a number is not; add_candidate sorts that out.
Edges centred(float x, float y, float width, float height) noexcept {
  return {x - width / 2, y - height / 2, x + width / 2, y + height / 2};
}

/// What both share. A row gives one candidate, of its best class, as in Megvii's and Ultralytics' own detectors.
class YoloPostprocessor : public RowPostprocessor {
 public:
  YoloPostprocessor(const ModelFamily& family, const PostprocessOptions& options, std::size_t rows)
      : RowPostprocessor(family, options), rows_(rows) {}

 protected:
  /// Class scores are at most 1, so that objectness alone refuses nearly every row.
  template <class T>
  bool may_pass(const T* row) const noexcept {
    return to_float(row[4]) >= options_.score_threshold;  // false for NaN
  }

  struct Best {
    std::size_t label = 0;
    float score = 0;
  };
  template <class T>
  static Best best_class(const Rows<T>& rows, std::size_t index) {
    const T* first = rows[index] + kYoloBoxColumns;
    std::size_t classes = rows.columns - kYoloBoxColumns;
    Best best{0, to_float(first[0])};
    for (std::size_t c = 1; c < classes; ++c) {
      float score = to_float(first[c]);
      if (score > best.score) best = {c, score};
    }
    best.score *= to_float(rows[index][4]);
    return best;
  }

  /// Adds row `index`, whose box is `box`, if its best class scores high enough.
  template <class T>
  void add(const Rows<T>& rows, std::size_t index, const Edges& box, std::vector<Candidate>& candidates) const {
    Best best = best_class(rows, index);
    if (!(best.score >= options_.score_threshold)) return;
    add_candidate(candidates, {box, best.score, static_cast<int>(best.label), static_cast<std::uint32_t>(index)});
  }

 private:
  // Grids depend on it: with another number of rows every box would be misplaced, or lie outside the tensor.
  Result<void> check(const DetectionOutput& output) const final {
    if (output.rows == rows_ && output.columns > kYoloBoxColumns) return {};
    return fail(ErrorCode::invalid_argument, fmt::format("the model's input size asks for an output [1,{},5+classes], "
                                                         "but this one is {}",
                                                         rows_, to_string(output.tensor.shape())));
  }

  void thin_out(std::vector<Candidate>& candidates) const final {
    suppress(candidates, options_.nms_iou, options_.nms);
  }

  /// Looks at the classes of few rows: objectness bounds the others.
  float highest_score(const DetectionOutput& output) const final {
    float highest = kNoScore;
    visit_rows(output, [&](auto rows) {
      for (std::size_t i = 0; i < rows.count; ++i)
        if (to_float(rows[i][4]) > highest) highest = std::max(highest, best_class(rows, i).score);
    });
    return highest;
  }

  const std::size_t rows_;
};

/// Megvii's export: x and y relative to the cell, width and height as logarithms, all in strides
/// (yolox/utils/demo_utils.py, demo_postprocess).
class YoloxPostprocessor final : public YoloPostprocessor {
 public:
  YoloxPostprocessor(const ModelFamily& family, Size input, const PostprocessOptions& options)
      : YoloPostprocessor(family, options, grid_cells(input)), input_(input) {}

 private:
  void collect(const DetectionOutput& output, Size /*model*/, std::vector<Candidate>& candidates) const override {
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

/// Ultralytics' export: boxes are ready, in pixels of the input, or in 0..1 of it (models/tf.py, TFDetect, divides them
/// by the size of the input; other tools do, too).
class Yolov5Postprocessor final : public YoloPostprocessor {
 public:
  Yolov5Postprocessor(const ModelFamily& family, Size input, const PostprocessOptions& options)
      : YoloPostprocessor(family, options, kYolov5Anchors * grid_cells(input)),
        width_(static_cast<float>(input.width)),
        height_(static_cast<float>(input.height)) {}

 private:
  void collect(const DetectionOutput& output, Size /*model*/, std::vector<Candidate>& candidates) const override {
    visit_rows(output, [&](auto rows) {
      for (std::size_t i = 0; i < rows.count; ++i) {
        auto row = rows[i];
        if (!may_pass(row)) continue;
        add(rows, i, centred(to_float(row[0]), to_float(row[1]), to_float(row[2]), to_float(row[3])), candidates);
      }
    });
    if (!are_fractions(candidates)) return;
    for (Candidate& candidate : candidates) {
      Edges& box = candidate.box;
      box = {box.left * width_, box.top * height_, box.right * width_, box.bottom * height_};
    }
  }

  /// Fractions of a picture hardly reach beyond 1; in pixels, a box within the first two is none. Decided in each
  /// picture anew, since results may not depend on the order in which threads see them; by most of the boxes, since
  /// networks are sometimes wild.
  bool are_fractions(std::span<const Candidate> candidates) const {
    if (options_.box_unit != BoxUnit::by_values) return options_.box_unit == BoxUnit::fractions;
    auto is_small = [](const Candidate& candidate) {
      constexpr float kMost = 2;
      const Edges& box = candidate.box;
      return box.left >= -kMost && box.top >= -kMost && box.right <= kMost && box.bottom <= kMost;
    };
    auto small = static_cast<std::size_t>(std::ranges::count_if(candidates, is_small));
    return 2 * small > candidates.size();
  }

  const float width_, height_;
};

}  // namespace

std::unique_ptr<Postprocessor> make_yolox(const ModelFamily& family, Size input, const PostprocessOptions& options) {
  return std::make_unique<YoloxPostprocessor>(family, input, options);
}

std::unique_ptr<Postprocessor> make_yolov5(const ModelFamily& family, Size input, const PostprocessOptions& options) {
  return std::make_unique<Yolov5Postprocessor>(family, input, options);
}

}  // namespace inflight
