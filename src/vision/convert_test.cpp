#include "convert.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <random>

namespace inflight {
namespace {

/// binary16 from its definition, in double precision.
double value_of(Half half) {
  int exponent = half.bits >> 10 & 31, fraction = half.bits & 1023;
  double magnitude = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
  return half.bits & 0x8000 ? -magnitude : magnitude;
}

bool is_finite(Half half) { return (half.bits >> 10 & 31) != 31; }

TEST(Half, EveryOneReadsAsItsDefinitionSays) {
  for (std::uint32_t bits = 0; bits < 65536; ++bits) {
    Half half{static_cast<std::uint16_t>(bits)};
    if (is_finite(half)) {
      ASSERT_EQ(to_float(half), value_of(half)) << bits;
    } else if (bits & 1023) {
      ASSERT_TRUE(std::isnan(to_float(half))) << bits;
    } else {
      ASSERT_EQ(to_float(half), bits & 0x8000 ? -INFINITY : INFINITY);
    }
  }
}

TEST(Half, SurvivesTheRoundTripThroughFloat) {
  for (std::uint32_t bits = 0; bits < 65536; ++bits) {
    Half half{static_cast<std::uint16_t>(bits)};
    bool nan = !is_finite(half) && (bits & 1023);
    if (nan) continue;
    ASSERT_EQ(to_half(to_float(half)), half) << bits;
  }
  EXPECT_TRUE(std::isnan(to_float(to_half(NAN))));
}

TEST(Half, RoundsToTheNearestAndTiesToEven) {
  for (std::uint32_t bits = 0; bits < 0x7BFF; ++bits) {
    Half low{static_cast<std::uint16_t>(bits)}, high{static_cast<std::uint16_t>(bits + 1)};
    auto middle = static_cast<float>((value_of(low) + value_of(high)) / 2);  // exact in a float
    ASSERT_EQ(to_half(middle), bits % 2 == 0 ? low : high) << bits;
    ASSERT_EQ(to_half(std::nextafter(middle, 0.0F)), low) << bits;
    ASSERT_EQ(to_half(std::nextafter(middle, 1e9F)), high) << bits;
    ASSERT_EQ(to_half(-middle).bits, to_half(middle).bits | 0x8000) << bits;
  }
  EXPECT_EQ(to_half(65519.0F).bits, 0x7BFF);
  EXPECT_EQ(to_half(65520.0F).bits, 0x7C00);
  EXPECT_EQ(to_half(std::numeric_limits<float>::max()).bits, 0x7C00);
}

PreprocessOptions imagenet() {
  PreprocessOptions options;
  options.mean = {103.53F, 116.28F, 123.675F};
  options.scale = {57.375F, 57.12F, 58.395F};
  return options;
}

TEST(PixelConverter, SubtractsTheMeanAndDividesByTheScaleExactly) {
  PreprocessOptions options = imagenet();
  PixelConverter<float> convert(options);
  for (std::size_t c = 0; c < 3; ++c) {
    for (int pixel = 0; pixel < 256; ++pixel) {
      auto in = static_cast<std::uint8_t>(pixel);
      float out = 0;
      convert.plane(&in, &out, 1, c);
      ASSERT_EQ(out, (static_cast<float>(pixel) - options.mean[c]) / options.scale[c]);
      ASSERT_EQ(convert.padding(in)[c], out);
    }
  }
}

template <class T>
class PixelConverterOf : public ::testing::Test {};
using Types = ::testing::Types<std::uint8_t, Half, float>;
TYPED_TEST_SUITE(PixelConverterOf, Types);

TYPED_TEST(PixelConverterOf, GivesTheSameNumbersPlanarAndInterleaved) {
  bool pixels_as_they_are = std::is_same_v<TypeParam, std::uint8_t>;
  PixelConverter<TypeParam> convert(pixels_as_they_are ? PreprocessOptions{} : imagenet());
  std::mt19937 random(3);
  for (std::size_t pixels : {0, 1, 2, 15, 16, 17, 640}) {
    std::vector<std::uint8_t> mixed(3 * pixels), plane(pixels);
    for (auto& p : mixed) p = static_cast<std::uint8_t>(random());
    std::vector<TypeParam> out(3 * pixels), plane_out(pixels);
    convert.interleaved(mixed.data(), out.data(), pixels);
    for (std::size_t c = 0; c < 3; ++c) {
      for (std::size_t i = 0; i < pixels; ++i) plane[i] = mixed[3 * i + c];
      convert.plane(plane.data(), plane_out.data(), pixels, c);
      for (std::size_t i = 0; i < pixels; ++i) ASSERT_EQ(out[3 * i + c], plane_out[i]);
    }
  }
}

}  // namespace
}  // namespace inflight
