// What an image file says about itself, read without its decoder.
#pragma once

#include <optional>
#include <string_view>

#include "inflight/frame.hpp"
#include "orientation.hpp"

namespace inflight::media {

struct ImageHead {
  std::optional<Size> size{};                ///< as stored; known before memory is taken for it
  std::optional<Orientation> orientation{};  ///< of EXIF; JPEG's decoder tells its own
  bool animated = false;
};

/// `file`: all of it. What is not said, or is nonsense, is left out.
ImageHead read_image_head(std::string_view file, AVCodecID codec);

}  // namespace inflight::media
