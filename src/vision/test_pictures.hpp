// For tests: pictures with known content, and the slow, exact way to what the library does quickly.
#pragma once

#include <algorithm>
#include <array>
#include <functional>
#include <random>

#include "inflight/vision.hpp"

namespace inflight::testing {

/// Y, U, V of a point; x and y in 0..1 of the picture, from the centres of samples.
using Shade = std::function<std::array<double, 3>(double x, double y)>;

inline Frame paint(Size size, const Shade& shade) {
  Frame frame = Frame::allocate(size);
  for (std::size_t p = 0; p < 3; ++p) {
    Size plane = p == 0 ? size : frame.picture().chroma_size();
    const Plane& out = frame.picture().planes[p];
    for (int y = 0; y < plane.height; ++y) {
      for (int x = 0; x < plane.width; ++x) {
        double value = shade((x + 0.5) / plane.width, (y + 0.5) / plane.height)[p];
        out.data[y * out.stride + x] = static_cast<std::uint8_t>(std::clamp(value + 0.5, 0.0, 255.0));
      }
    }
  }
  return frame;
}

inline Frame flat(Size size, double y, double u, double v) {
  return paint(size, [=](double, double) { return std::array{y, u, v}; });
}

/// Changes slowly enough that every sane filter gives the same.
inline Frame gradient(Size size) {
  return paint(size, [](double x, double y) { return std::array{40 + 100 * x + 60 * y, 100 + 50 * x, 110 + 40 * y}; });
}

inline Frame noise(Size size, unsigned seed = 1) {
  std::mt19937 random(seed);
  return paint(size, [&](double, double) {
    auto byte = [&] { return static_cast<double>(random() % 256); };
    return std::array{byte(), byte(), byte()};
  });
}

/// The weights of red and blue in luma.
inline std::array<double, 2> luma_weights(ColorMatrix matrix) {
  if (matrix == ColorMatrix::bt2020) return {0.2627, 0.0593};
  return matrix == ColorMatrix::bt709 ? std::array{0.2126, 0.0722} : std::array{0.299, 0.114};
}

/// ITU-R BT.601, BT.709 and BT.2020 from their definitions, in double precision: blue, green, red, 0..255.
inline std::array<double, 3> to_bgr(std::array<double, 3> yuv, ColorMatrix matrix, ColorRange range) {
  auto [kr, kb] = luma_weights(matrix);
  bool full = range == ColorRange::full;
  double y = full ? yuv[0] : (yuv[0] - 16) * 255 / 219;
  double u = (yuv[1] - 128) * (full ? 1 : 255.0 / 224), v = (yuv[2] - 128) * (full ? 1 : 255.0 / 224);
  double red = y + 2 * (1 - kr) * v, blue = y + 2 * (1 - kb) * u;
  double green = (y - kr * red - kb * blue) / (1 - kr - kb);
  auto byte = [](double c) { return std::clamp(c, 0.0, 255.0); };
  return {byte(blue), byte(green), byte(red)};
}

inline Port image_port(ElementType type, const Shape& shape) { return {"image", type, shape, ""}; }

}  // namespace inflight::testing
