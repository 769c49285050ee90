#include "geometry.hpp"

#include <algorithm>
#include <cstdint>

namespace inflight {
namespace {

/// value · numerator / denominator, rounded to nearest, in 1..limit. Whole numbers, because `int(w · ratio)` in
/// floats turns some exact fits into one pixel less.
int scaled(int value, int numerator, int denominator, int limit) noexcept {
  std::int64_t product = std::int64_t{value} * numerator;
  return static_cast<int>(std::clamp<std::int64_t>((product + denominator / 2) / denominator, 1, limit));
}

/// The largest size of the source's aspect that fits into the model's input.
Size fit(Size source, Size model) noexcept {
  bool width_limits = std::int64_t{model.width} * source.height <= std::int64_t{model.height} * source.width;
  if (width_limits) return {model.width, scaled(source.height, model.width, source.width, model.height)};
  return {scaled(source.width, model.height, source.height, model.width), model.height};
}

}  // namespace

Placement place(Size source, Size model, ResizeMode resize) noexcept {
  if (resize == ResizeMode::stretch) return {0, 0, model};
  Size size = fit(source, model);
  if (resize == ResizeMode::letterbox_top_left) return {0, 0, size};
  // An odd remainder goes to the right and bottom, as in Ultralytics' LetterBox.
  return {(model.width - size.width) / 2, (model.height - size.height) / 2, size};
}

SourceTransform make_transform(Size source, Size model, ResizeMode resize) noexcept {
  auto positive = [](Size s) { return Size{std::max(1, s.width), std::max(1, s.height)}; };
  Placement placed = place(positive(source), positive(model), resize);
  // Each axis by its own rounded size, so that this inverts what the preprocessor really did.
  return {.factor_x = static_cast<float>(std::max(1, source.width)) / static_cast<float>(placed.size.width),
          .factor_y = static_cast<float>(std::max(1, source.height)) / static_cast<float>(placed.size.height),
          .offset_x = static_cast<float>(placed.left),
          .offset_y = static_cast<float>(placed.top),
          .model = model,
          .source = source};
}

Box SourceTransform::to_source(const Box& box) const noexcept {
  return {(box.left - offset_x) * factor_x, (box.top - offset_y) * factor_y, box.width * factor_x,
          box.height * factor_y};
}

Box clip_to_source(const Edges& model, const SourceTransform& transform) noexcept {
  auto x = [&](float v) {
    return std::clamp((v - transform.offset_x) * transform.factor_x, 0.0F, static_cast<float>(transform.source.width));
  };
  auto y = [&](float v) {
    return std::clamp((v - transform.offset_y) * transform.factor_y, 0.0F, static_cast<float>(transform.source.height));
  };
  float left = x(model.left), top = y(model.top);
  return {left, top, std::max(0.0F, x(model.right) - left), std::max(0.0F, y(model.bottom) - top)};
}

}  // namespace inflight
