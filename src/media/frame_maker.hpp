// From what a decoder gives to what Inflight's frames carry.
#pragma once

#include "converter.hpp"
#include "orientation.hpp"
#include "picture_pool.hpp"

namespace inflight::media {

/// Not thread-safe; the frames it made are.
class FrameMaker {
 public:
  /// `assumed`: the matrix of YUV that does not say it.
  explicit FrameMaker(ColorMatrix assumed) noexcept : assumed_(assumed) {}

  // `stated`: how to turn a picture that does not say so itself.

  /// An upright I420 frame with the pixels of `decoded`: its own planes where they are that already (then `decoded`
  /// is blank afterwards), else converted or turned into pooled memory. Errors: unreadable_input.
  Result<Frame> make(AVFrame& decoded, Orientation stated);

  /// The size of the frame that make() would give.
  static Size size_of(const AVFrame& decoded, Orientation stated);

 private:
  Result<Frame> make_as_stored(AVFrame& decoded);

  const ColorMatrix assumed_;
  PicturePool pool_;
  Converter converter_;
};

}  // namespace inflight::media
