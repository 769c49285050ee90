// Frames whose memory comes back: after warm-up a source hands out pictures without allocating.
#pragma once

#include <memory>

#include "av_support.hpp"
#include "inflight/frame.hpp"

namespace inflight::media {

/// How the numbers of a picture are to be understood.
struct ColorLook {
  ColorMatrix matrix = ColorMatrix::bt601;
  ColorRange range = ColorRange::limited;
  friend bool operator==(const ColorLook&, const ColorLook&) = default;
};

/// One thread takes frames; they come back from any thread, also after the pool itself is gone.
class PicturePool {
 public:
  PicturePool();
  ~PicturePool();
  PicturePool(const PicturePool&) = delete;
  PicturePool& operator=(const PicturePool&) = delete;

  /// Takes the reference that `decoded` (8-bit 4:2:0) holds, without a copy of its pixels, and leaves it blank.
  Frame adopt(AVFrame& decoded, ColorLook look, PixelAspect aspect = {});

  /// A frame with memory of the pool's own, whose pixels are undefined and may be written until it is
  /// handed out. Rows are padded to 64 bytes. Empty where memory is short.
  Frame allocate(Size size, ColorLook look, PixelAspect aspect = {});

 private:
  class Slot;
  struct Home;
  Slot& take();

  std::shared_ptr<Home> home_;
};

}  // namespace inflight::media
