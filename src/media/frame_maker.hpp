// From what a decoder gives to what Inflight's frames carry.
#pragma once

#include "converter.hpp"
#include "picture_pool.hpp"

namespace inflight::media {

/// Not thread-safe; the frames it made are.
class FrameMaker {
 public:
  /// An I420 frame with the pixels of `decoded`: its own planes where they are I420 already (then `decoded` is
  /// blank afterwards), else converted into pooled memory. Errors: unreadable_input.
  Result<Frame> make(AVFrame& decoded);

 private:
  PicturePool pool_;
  Converter converter_;
};

}  // namespace inflight::media
