// Scaling of I420 pictures.
#pragma once

#include <cstdint>
#include <vector>

#include "inflight/frame.hpp"

namespace inflight {

/// Scales pictures into memory that it keeps. One thread at a time.
class Scaler {
 public:
  /// Takes the memory for results of up to `largest` at once.
  explicit Scaler(Size largest);

  /// `picture` in `size`, which neither way exceeds the largest; the picture itself where it has that size already. The
  /// planes are valid until the next call. The filter is that of libyuv's kFilterBox: a mean over all source pixels
  /// where both axes shrink to less than half, bilinear elsewhere. Errors: invalid_argument (empty, or a side above
  /// 32767).
  Result<Picture> scale(const Picture& picture, Size size);

 private:
  std::vector<std::uint8_t> scaled_;
  std::vector<std::uint8_t> halves_;
};

}  // namespace inflight
