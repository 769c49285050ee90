// Scaling of I420 pictures.
#pragma once

#include <cstdint>
#include <vector>

#include "inflight/frame.hpp"

namespace inflight {

/// Scales pictures into memory that it keeps. One thread at a time.
class Scaler {
 public:
  /// `picture` in `size`; the picture itself where it has that size already. The planes are valid until the next
  /// call. The filter is that of libyuv's kFilterBox: a mean over all source pixels where both axes shrink to less
  /// than half, bilinear elsewhere. Errors: invalid_argument (empty, or a side above 32767).
  Result<Picture> scale(const Picture& picture, Size size);

 private:
  std::vector<std::uint8_t> scaled_;
  std::vector<std::uint8_t> halves_;
};

}  // namespace inflight
