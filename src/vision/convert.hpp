// Number conversions: 16-bit floats, and 8-bit pixels to what a model's input holds.
#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "inflight/vision.hpp"

namespace inflight {

/// An IEEE 754 binary16, as bits: g++ 12 has no _Float16 in C++, and x86-64 alone no instructions for it.
struct Half {
  std::uint16_t bits = 0;
  friend bool operator==(Half, Half) = default;
};

/// Rounds to nearest, ties to even; too large becomes infinity, NaN stays NaN.
Half to_half(float value) noexcept;

/// Exact. Inline because postprocessors read millions of them.
inline float to_float(Half half) noexcept {
  std::uint32_t sign = (half.bits & 0x8000U) << 16, rest = half.bits & 0x7FFFU;
  if (rest >= 0x7C00U) return std::bit_cast<float>(sign | 0x7F800000U | (rest & 0x3FFU) << 13);
  // Placed in a float's fields the exponent is off by 127 − 15; a product mends normals and subnormals alike.
  float magnitude = std::bit_cast<float>(rest << 13) * 0x1p112F;
  return std::bit_cast<float>(sign | std::bit_cast<std::uint32_t>(magnitude));
}
inline float to_float(float value) noexcept { return value; }

/// Turns pixels 0..255 into a model's numbers: (pixel − mean) / scale of their channel, rounded to T.
/// u8 input takes pixels as they are. T is std::uint8_t, Half or float.
template <class T>
class PixelConverter {
 public:
  explicit PixelConverter(const PreprocessOptions& options);

  /// What padding of `pixel` becomes in each channel.
  std::array<T, 3> padding(std::uint8_t pixel) const noexcept;
  /// Pixels of one channel.
  void plane(const std::uint8_t* in, T* out, std::size_t count, std::size_t channel) const noexcept;
  /// Pixels of three interleaved channels.
  void interleaved(const std::uint8_t* in, T* out, std::size_t pixels) const noexcept;

 private:
  std::array<std::array<T, 256>, 3> table_;  // by channel and pixel
  std::array<float, 3> mean_, scale_;
};

extern template class PixelConverter<std::uint8_t>;
extern template class PixelConverter<Half>;
extern template class PixelConverter<float>;

}  // namespace inflight
