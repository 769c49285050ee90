// What tells the families apart is the shape of their outputs: nothing in a model file says how to read it.
#include "families.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "inflight/detail/joined.hpp"

namespace inflight {
namespace {

constexpr std::array<std::string_view, 3> kDecoders{"ssd", "yolox", "yolov5"};

/// Rows of an output; 0 if the network cannot have an input of this size.
std::size_t yolo_rows(std::string_view decoder, Size input) noexcept {
  return grid_cells(input) * (decoder == "yolov5" ? kYolov5Anchors : 1);
}

/// [1,1,N,7] is OpenVINO's and Caffe's DetectionOutput; ONNX exports drop the leading ones.
Fit fit_ssd(const Shape& shape) noexcept {
  std::size_t rank = shape.rank();
  if (rank < 2 || shape[rank - 1] != static_cast<std::int64_t>(kSsdColumns)) return Fit::no;
  if (rank == 4) return shape[1] == 1 ? Fit::yes : Fit::no;
  if (rank != 2) return Fit::no;
  // [1,7] and [?,7] are as well the scores of a classifier of seven classes.
  return shape[0] > 1 ? Fit::yes : Fit::possible;
}

/// [1,rows,5+classes]. The number of rows, unique to family and input size, is the proof.
Fit fit_yolo(const Shape& shape, std::size_t rows) noexcept {
  if (shape.rank() != 3 || rows == 0) return Fit::no;
  bool any_columns = shape[2] < 0, any_rows = shape[1] < 0;
  if (!any_columns && shape[2] <= static_cast<std::int64_t>(kYoloBoxColumns)) return Fit::no;
  if (!any_rows && shape[1] != static_cast<std::int64_t>(rows)) return Fit::no;
  return any_rows || any_columns ? Fit::possible : Fit::yes;
}

}  // namespace

std::span<const std::string_view> decoder_names() noexcept { return kDecoders; }

std::string decoder_list() { return detail::joined(kDecoders, ", "); }

std::size_t grid_cells(Size input) noexcept {
  if (input.width <= 0 || input.height <= 0 || input.width % 32 != 0 || input.height % 32 != 0) return 0;
  std::size_t cells = 0;
  for (int stride : kYoloStrides) {
    cells += static_cast<std::size_t>(input.width / stride) * static_cast<std::size_t>(input.height / stride);
  }
  return cells;
}

Fit fit(std::string_view decoder, const Port& port, Size input) noexcept {
  if (port.type != ElementType::f32 && port.type != ElementType::f16) return Fit::no;
  return decoder == "ssd" ? fit_ssd(port.shape) : fit_yolo(port.shape, yolo_rows(decoder, input));
}

std::string expected_shape(std::string_view decoder, Size input) {
  if (decoder == "ssd") return "[1,1,N,7]";
  std::size_t rows = yolo_rows(decoder, input);
  return rows == 0 ? "an input whose sides are multiples of 32" : fmt::format("[1,{},5+classes]", rows);
}

}  // namespace inflight
