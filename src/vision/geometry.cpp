#include "geometry.hpp"

#include <algorithm>
#include <cstdint>

namespace inflight {
namespace {

enum class Rounding : std::uint8_t { down, nearest };

/// value · numerator / denominator, in 1..limit. Whole numbers, because `int(w · ratio)` in floats turns some exact
/// fits into one pixel less.
int scaled(int value, int numerator, int denominator, int limit, Rounding rounding) noexcept {
  std::int64_t product = std::int64_t{value} * numerator;
  std::int64_t size = product / denominator, twice_rest = 2 * (product % denominator);
  // A half goes to the even number, as in Python's round().
  bool up = twice_rest > denominator || (twice_rest == denominator && size % 2 == 1);
  if (rounding == Rounding::nearest && up) ++size;
  return static_cast<int>(std::clamp<std::int64_t>(size, 1, limit));
}

/// The largest size of the source's aspect that fits into the model's input.
Size fit(Size source, Size model, Rounding rounding) noexcept {
  bool width_limits = std::int64_t{model.width} * source.height <= std::int64_t{model.height} * source.width;
  if (width_limits) return {model.width, scaled(source.height, model.width, source.width, model.height, rounding)};
  return {scaled(source.width, model.height, source.height, model.width, rounding), model.height};
}

}  // namespace

Placement place(Size source, Size model, ResizeMode resize) noexcept {
  if (resize == ResizeMode::stretch) return {0, 0, model};
  // Each as the code that its networks were trained with: Megvii's preproc writes int(w · ratio), Ultralytics'
  // LetterBox int(round(w · ratio)).
  if (resize == ResizeMode::letterbox_top_left) return {0, 0, fit(source, model, Rounding::down)};
  Size size = fit(source, model, Rounding::nearest);
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
