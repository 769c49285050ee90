#include "scale.hpp"

#include <gtest/gtest.h>

#include "test_pictures.hpp"

namespace inflight {
namespace {

using testing::gradient;
using testing::noise;

void expect_near(const Picture& actual, const Picture& expected, int tolerance) {
  for (std::size_t p = 0; p < 3; ++p) {
    Size size = p == 0 ? actual.size : actual.chroma_size();
    const Plane &a = actual.planes[p], &e = expected.planes[p];
    for (int y = 0; y < size.height; ++y) {
      for (int x = 0; x < size.width; ++x) {
        ASSERT_NEAR(a.data[y * a.stride + x], e.data[y * e.stride + x], tolerance)
            << "plane " << p << " at " << x << ',' << y;
      }
    }
  }
}

TEST(Scaler, HandsOnAPictureThatHasTheSizeAlready) {
  Frame frame = noise({64, 48});
  Scaler scaler({1280, 720});
  EXPECT_EQ(scaler.scale(frame.picture(), {64, 48})->planes[0].data, frame.picture().planes[0].data);
}

TEST(Scaler, KeepsAGradientWhereItIs) {
  // Upwards, downwards, by halves and a box, odd, and with one axis only.
  constexpr Size kSizes[][2] = {{{64, 48}, {200, 100}},     {{768, 432}, {256, 256}}, {{1920, 1080}, {256, 144}},
                                {{1919, 1079}, {256, 144}}, {{640, 480}, {160, 120}}, {{641, 333}, {97, 301}},
                                {{512, 512}, {256, 512}},   {{301, 203}, {300, 202}}};
  Scaler scaler({1280, 720});
  for (auto [from, to] : kSizes) {
    SCOPED_TRACE(::testing::Message() << from.width << 'x' << from.height << " to " << to.width << 'x' << to.height);
    Frame frame = gradient(from), expected = gradient(to);
    expect_near(*scaler.scale(frame.picture(), to), expected.picture(), 2);
  }
}

TEST(Scaler, AveragesAllPixelsWhereBothAxesShrinkToLessThanHalf) {
  Frame frame = testing::paint({96, 96}, [](double x, double) {
    return std::array{static_cast<int>(x * 96) % 2 ? 200.0 : 100.0, 128.0, 128.0};
  });
  Scaler scaler({1280, 720});
  for (Size size : {Size{32, 32}, Size{24, 24}, Size{10, 10}}) {
    Picture scaled = *scaler.scale(frame.picture(), size);
    for (int x = 0; x < size.width; ++x) EXPECT_NEAR(scaled.planes[0].data[x], 150, 18) << x;
  }
}

TEST(Scaler, TakesTinyAndExtremePictures) {
  Scaler scaler({1280, 720});
  for (Size from : {Size{1, 1}, Size{1, 32767}, Size{32767, 1}, Size{2, 3}}) {
    Frame frame = testing::flat(from, 90, 60, 200);
    for (Size to : {Size{1, 1}, Size{2, 2}, Size{416, 1}, Size{1, 416}, Size{33, 17}}) {
      Frame expected = testing::flat(to, 90, 60, 200);
      expect_near(*scaler.scale(frame.picture(), to), expected.picture(), 1);
    }
  }
}

TEST(Scaler, SourcesOfDifferentSizesMayTakeTurns) {
  Scaler scaler({1280, 720});
  for (Size from : {Size{640, 480}, Size{64, 48}, Size{1280, 720}, Size{64, 48}}) {
    Frame frame = gradient(from), expected = gradient({100, 80});
    expect_near(*scaler.scale(frame.picture(), {100, 80}), expected.picture(), 2);
  }
}

TEST(Scaler, RefusesPicturesItCannotScale) {
  Scaler scaler({1280, 720});
  Picture empty;
  EXPECT_EQ(scaler.scale(empty, {8, 8}).error().code, ErrorCode::invalid_argument);
  Picture wide;
  wide.size = {32768, 2};
  EXPECT_EQ(scaler.scale(wide, {8, 8}).error().code, ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace inflight
