// The families of detection models: what their outputs look like, and who reads them.
#pragma once

#include <memory>
#include <string>

#include "inflight/vision.hpp"

namespace inflight {

/// Does an output belong to a family? `possible`: only if the user says so, because part of the shape is open or
/// other kinds of models share it.
enum class Fit { no, possible, yes };

/// Of output `port` to `decoder`, for a model with an image input of size `input`. Only f32 and f16 outputs fit.
Fit fit(std::string_view decoder, const Port& port, Size input) noexcept;

/// "ssd, yolox, yolov5".
std::string decoder_list();

/// The output shape that `decoder` reads, for people: "[1,3549,5+classes]".
std::string expected_shape(std::string_view decoder, Size input);

/// Cells of the grids of strides 8, 16 and 32 over an input; 0 unless its sides are multiples of 32.
/// YOLOX gives one row per cell, YOLOv5 three.
std::size_t grid_cells(Size input) noexcept;

inline constexpr int kYoloStrides[] = {8, 16, 32};
inline constexpr std::size_t kYolov5Anchors = 3;
inline constexpr std::size_t kYoloBoxColumns = 5;  ///< x, y, width, height, objectness; then one per class
inline constexpr std::size_t kSsdColumns = 7;      ///< image, label, score, left, top, right, bottom

// Made once the shape is known to fit; `input` is the size of the model's input.
std::unique_ptr<Postprocessor> make_ssd(const ModelFamily& family, const PostprocessOptions& options);
std::unique_ptr<Postprocessor> make_yolox(const ModelFamily& family, Size input, const PostprocessOptions& options);
std::unique_ptr<Postprocessor> make_yolov5(const ModelFamily& family, Size input, const PostprocessOptions& options);

}  // namespace inflight
