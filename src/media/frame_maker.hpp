// From what a decoder gives to what Inflight's frames carry.
#pragma once

#include "converter.hpp"
#include "orientation.hpp"
#include "picture_pool.hpp"

namespace inflight::media {

/// Not thread-safe; the frames it made are.
class FrameMaker {
 public:
  /// `stated`: how to turn pictures that do not say so themselves.
  explicit FrameMaker(Orientation stated = {}) noexcept : stated_(stated) {}

  /// An upright I420 frame with the pixels of `decoded`: its own planes where they are that already (then `decoded`
  /// is blank afterwards), else converted or turned into pooled memory. Errors: unreadable_input.
  Result<Frame> make(AVFrame& decoded);

  /// The size of the frame that make() would give.
  Size size_of(const AVFrame& decoded) const;

 private:
  Result<Frame> make_as_stored(AVFrame& decoded);

  const Orientation stated_;
  PicturePool pool_;
  Converter converter_;
};

}  // namespace inflight::media
