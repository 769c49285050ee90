#include "convert.hpp"

#include <algorithm>
#include <type_traits>

namespace inflight {
namespace {

/// A model's number from an exact one. For u8 the options leave pixels as they are (make_preprocessor sees to it).
template <class T>
T number(float value) noexcept {
  if constexpr (std::is_same_v<T, Half>) {
    return to_half(value);
  } else if constexpr (std::is_same_v<T, std::uint8_t>) {
    return static_cast<std::uint8_t>(std::clamp(value, 0.0F, 255.0F));
  } else {
    return value;
  }
}

/// How often the pattern of three channels repeats, so that whole vectors of 4, 8 or 16 floats fit.
constexpr std::size_t kPattern = 48;

}  // namespace

Half to_half(float value) noexcept {
  auto bits = std::bit_cast<std::uint32_t>(value);
  auto sign = static_cast<std::uint16_t>(bits >> 16 & 0x8000U);
  bits &= 0x7FFFFFFFU;  // magnitudes compare like whole numbers from here on
  auto with_sign = [sign](std::uint32_t rest) { return Half{static_cast<std::uint16_t>(sign | rest)}; };
  if (bits > 0x7F800000U) return with_sign(0x7E00U);
  if (bits >= 0x477FF000U) return with_sign(0x7C00U);  // 65520 and more round to infinity
  if (bits < 0x38800000U) {
    // Subnormal: adding 0.5 leaves the value in the last bits of the sum, rounded by the addition itself.
    float sum = std::bit_cast<float>(bits) + 0.5F;
    return with_sign(std::bit_cast<std::uint32_t>(sum) - 0x3F000000U);
  }
  // Exponents are 127 − 15 apart. Adding just under half of what is cut off rounds; one more where the last kept
  // bit is odd, so that ties go to even. A carry runs into the exponent, which is right.
  std::uint32_t odd = bits >> 13 & 1U;
  return with_sign((bits - 0x38000000U + 0xFFFU + odd) >> 13);
}

template <class T>
PixelConverter<T>::PixelConverter(const PreprocessOptions& options) : mean_(options.mean), scale_(options.scale) {
  for (std::size_t c = 0; c < 3; ++c) {
    for (std::size_t pixel = 0; pixel < 256; ++pixel) {
      table_[c][pixel] = number<T>((static_cast<float>(pixel) - mean_[c]) / scale_[c]);
    }
  }
}

template <class T>
std::array<T, 3> PixelConverter<T>::padding(std::uint8_t pixel) const noexcept {
  return {table_[0][pixel], table_[1][pixel], table_[2][pixel]};
}

// Two implementations: arithmetic for floats, which compilers turn into vector code 2.6 times as fast as looking
// up; tables for halves, whose conversion has no such code on plain x86-64. Both give the same numbers.
template <class T>
void PixelConverter<T>::plane(const std::uint8_t* in, T* out, std::size_t count, std::size_t channel) const noexcept {
  if constexpr (std::is_same_v<T, float>) {
    float mean = mean_[channel], scale = scale_[channel];
    for (std::size_t i = 0; i < count; ++i) out[i] = (static_cast<float>(in[i]) - mean) / scale;
  } else {
    const std::array<T, 256>& table = table_[channel];
    for (std::size_t i = 0; i < count; ++i) out[i] = table[in[i]];
  }
}

template <class T>
void PixelConverter<T>::interleaved(const std::uint8_t* in, T* out, std::size_t pixels) const noexcept {
  std::size_t count = 3 * pixels, done = 0;
  if constexpr (std::is_same_v<T, float>) {
    // Whole patterns first, as straight-line vector code; the table serves what is left of the row.
    std::array<float, kPattern> mean, scale;
    for (std::size_t i = 0; i < kPattern; ++i) {
      mean[i] = mean_[i % 3];
      scale[i] = scale_[i % 3];
    }
    for (; done + kPattern <= count; done += kPattern) {
      for (std::size_t i = 0; i < kPattern; ++i) {
        out[done + i] = (static_cast<float>(in[done + i]) - mean[i]) / scale[i];
      }
    }
  }
  for (; done < count; done += 3) {
    for (std::size_t c = 0; c < 3; ++c) out[done + c] = table_[c][in[done + c]];
  }
}

template class PixelConverter<std::uint8_t>;
template class PixelConverter<Half>;
template class PixelConverter<float>;

}  // namespace inflight
