// Where a picture lands in a model's input: whole pixels, shared by those who write it and those who map back.
#pragma once

#include "inflight/vision.hpp"

namespace inflight {

/// The part of a model's input that a resized picture covers; the rest is padding.
struct Placement {
  int left = 0;
  int top = 0;
  Size size;  ///< of the resized picture, at least 1×1
  friend bool operator==(const Placement&, const Placement&) = default;
};

/// The one place that decides it: the preprocessor writes there, and make_transform inverts exactly this.
/// Precondition: both sizes are at least 1×1.
Placement place(Size source, Size model, ResizeMode resize) noexcept;

/// Edges instead of left, top, width and height: easier to intersect.
struct Edges {
  float left = 0, top = 0, right = 0, bottom = 0;
};

/// Model pixels → source pixels, cut at the borders of the picture. Empty (width or height 0) if it lies outside.
/// Takes edges, not a Box: differences of huge coordinates would not be finite, while each edge clips cleanly.
Box clip_to_source(const Edges& model, const SourceTransform& transform) noexcept;

}  // namespace inflight
