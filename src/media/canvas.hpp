// A result's picture, drawn upon, in the layout that an encoder or a window wants.
#pragma once

#include <vector>

#include "av_support.hpp"
#include "converter.hpp"
#include "inflight/media.hpp"

namespace inflight::media {

/// What a canvas gives out.
struct CanvasFormat {
  AVPixelFormat format = AV_PIX_FMT_YUV420P;
  Size size;
  ColorLook look;
  PixelAspect aspect{};
};

/// Reuses its memory once the encoder has let go of it. Not thread-safe.
class Canvas {
 public:
  explicit Canvas(Draw draw) : draw_(std::move(draw)) {}

  /// Copies the picture of `result` (frames are read-only), draws on the copy, and gives it as `wanted`. A size
  /// one pixel larger than the picture is padded, any other is scaled to. The frame belongs to the canvas;
  /// encoders may take references. Errors: output_failed.
  Result<AVFrame*> paint(const FrameResult& result, const CanvasFormat& wanted);

  /// Of all the pictures that it has, those that an encoder refers to among them.
  std::size_t bytes_held() const noexcept;

 private:
  AVFrame* take(const CanvasFormat& wanted);
  void draw_copy(const FrameResult& result, const Picture& onto) const;

  Draw draw_;
  std::vector<AvFrame> frames_;
  Frame scratch_;  // for pictures that are converted after drawing
  Converter converter_;
};

/// The next even size: what 4:2:0 encoders take.
constexpr Size even_up(Size size) { return {(size.width + 1) & ~1, (size.height + 1) & ~1}; }

}  // namespace inflight::media
