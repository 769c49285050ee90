#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstring>
#include <limits>

#include "test_pictures.hpp"

namespace inflight {
namespace {

constexpr std::uint8_t kCanary = 0xA5;

/// A grey picture whose rows have room to their right, filled with known bytes, as have the ends of its planes.
class GuardedPicture {
 public:
  explicit GuardedPicture(Size size) {
    picture_.size = size;
    for (std::size_t p = 0; p < 3; ++p) {
      Size plane = plane_size(p);
      int stride = plane.width + kMargin;
      memory_[p].assign(static_cast<std::size_t>(stride * (plane.height + 2 * kMargin)), kCanary);
      picture_.planes[p] = {memory_[p].data() + kMargin * stride, stride};
      for (int y = 0; y < plane.height; ++y)
        std::memset(picture_.planes[p].data + y * stride, 128, static_cast<std::size_t>(plane.width));
    }
  }

  const Picture& picture() const { return picture_; }
  std::uint8_t at(std::size_t plane, int x, int y) const {
    return picture_.planes[plane].data[y * picture_.planes[plane].stride + x];
  }

  /// How many samples of `plane` are no longer grey.
  int drawn(std::size_t plane) const {
    int count = 0;
    Size size = plane_size(plane);
    for (int y = 0; y < size.height; ++y) {
      for (int x = 0; x < size.width; ++x) count += at(plane, x, y) != 128;
    }
    return count;
  }

  bool margins_untouched() const {
    for (std::size_t p = 0; p < 3; ++p) {
      Size size = plane_size(p);
      int stride = picture_.planes[p].stride;
      for (int i = 0; i < static_cast<int>(memory_[p].size()); ++i) {
        int y = i / stride - kMargin, x = i % stride;
        bool inside = y >= 0 && y < size.height && x < size.width;
        if (!inside && memory_[p][static_cast<std::size_t>(i)] != kCanary) return false;
      }
    }
    return true;
  }

 private:
  static constexpr int kMargin = 16;
  Size plane_size(std::size_t p) const { return p == 0 ? picture_.size : picture_.chroma_size(); }

  Picture picture_;
  std::array<std::vector<std::uint8_t>, 3> memory_;
};

FrameResult result_with(std::vector<Detection> detections) {
  FrameResult result;
  result.detections = std::move(detections);
  result.frames_per_second = 123.4;
  result.end_to_end_time = std::chrono::microseconds(12300);
  return result;
}

constexpr OverlayOptions kBoxesOnly{.boxes = true, .text = false};

TEST(Overlay, DrawsTheFrameOfABoxAndNotItsInside) {
  GuardedPicture guarded({320, 240});
  draw_overlay(guarded.picture(), result_with({{{100, 80, 60, 90}, 0.9F, 0, "person"}}), kBoxesOnly);
  for (auto [x, y] : {std::pair{100, 120}, {101, 120}, {158, 120}, {159, 120}, {130, 80}, {130, 169}}) {
    EXPECT_NE(guarded.at(0, x, y), 128) << x << ',' << y;
    EXPECT_NE(guarded.at(1, x / 2, y / 2), 128) << x << ',' << y;
  }
  for (auto [x, y] : {std::pair{98, 120}, {104, 120}, {130, 120}, {162, 120}, {130, 172}}) {
    EXPECT_EQ(guarded.at(0, x, y), 128) << x << ',' << y;
    EXPECT_EQ(guarded.at(2, x / 2, y / 2), 128) << x << ',' << y;
  }
  EXPECT_NE(guarded.at(0, 102, 74), 128) << "the label stands above the box";
}

TEST(Overlay, ClassesHaveColoursOfTheirOwn) {
  auto colour_of = [](int class_id) {
    GuardedPicture guarded({64, 64});
    draw_overlay(guarded.picture(), result_with({{{10, 40, 40, 20}, 0.9F, class_id, ""}}), kBoxesOnly);
    return std::array{guarded.at(0, 30, 58), guarded.at(1, 15, 29), guarded.at(2, 15, 29)};
  };
  for (int a = 0; a < 12; ++a) {
    for (int b = 0; b < a; ++b) EXPECT_NE(colour_of(a), colour_of(b));
  }
  EXPECT_EQ(colour_of(0), colour_of(12));
}

TEST(Overlay, SpeedAndLatencyStandTopLeftOnADarkGround) {
  GuardedPicture guarded({640, 360});
  draw_overlay(guarded.picture(), result_with({}));
  EXPECT_LT(guarded.at(0, 1, 1), 60);
  int bright = 0;
  for (int x = 0; x < 200; ++x) bright += guarded.at(0, x, 10) > 200;
  EXPECT_GT(bright, 3);
  EXPECT_EQ(guarded.at(0, 600, 300), 128);
  GuardedPicture untouched({640, 360});
  draw_overlay(untouched.picture(), result_with({{{9, 9, 9, 9}, 1, 0, "x"}}), {.boxes = false, .text = false});
  EXPECT_EQ(untouched.drawn(0), 0);
}

TEST(Overlay, ColoursFollowTheMatrixAndRangeOfThePicture) {
  auto luma_of = [](ColorMatrix matrix, ColorRange range) {
    GuardedPicture guarded({64, 64});
    Picture picture = guarded.picture();
    picture.matrix = matrix;
    picture.range = range;
    draw_overlay(picture, result_with({{{10, 40, 40, 20}, 0.9F, 0, ""}}), kBoxesOnly);
    std::array yuv{double(guarded.at(0, 30, 58)), double(guarded.at(1, 15, 29)), double(guarded.at(2, 15, 29))};
    return testing::to_bgr(yuv, matrix, range);
  };
  auto expected = luma_of(ColorMatrix::bt601, ColorRange::full);
  for (ColorMatrix matrix : {ColorMatrix::bt601, ColorMatrix::bt709, ColorMatrix::bt2020}) {
    for (ColorRange range : {ColorRange::limited, ColorRange::full}) {
      for (std::size_t c = 0; c < 3; ++c) EXPECT_NEAR(luma_of(matrix, range)[c], expected[c], 3);
    }
  }
}

TEST(Overlay, NeverDrawsOutsideThePicture) {
  float big = std::numeric_limits<float>::max();
  std::vector<Detection> wild{{{-50, -50, 5000, 5000}, 0.9F, 0, "a label far longer than the picture is wide"},
                              {{-big, -big, big, big}, 0.9F, 1, "b"},
                              {{NAN, 0, 10, 10}, 0.9F, 2, "c"},
                              {{0, 0, INFINITY, 10}, NAN, 3, "d"},
                              {{3, 3, 1, 1}, 0.9F, -7, "\xF0\x9F\x90\x88 cat"},
                              {{1, 1, -5, -5}, 0.9F, 5, ""},
                              {{0, 0, 9999, 2}, 0.9F, std::numeric_limits<int>::max(), "e"}};
  for (Size size :
       {Size{1, 1}, Size{2, 2}, Size{3, 5}, Size{1, 40}, Size{40, 1}, Size{17, 13}, Size{101, 67}, Size{1921, 1081}}) {
    GuardedPicture guarded(size);
    draw_overlay(guarded.picture(), result_with(wild));
    EXPECT_TRUE(guarded.margins_untouched()) << size.width << 'x' << size.height;
    EXPECT_GT(guarded.drawn(0), 0);
  }
  draw_overlay(Picture{}, result_with(wild));
}

TEST(Overlay, ALabelAtTheTopStaysVisible) {
  GuardedPicture guarded({320, 240});
  draw_overlay(guarded.picture(), result_with({{{290, 0, 30, 200}, 0.9F, 0, "person"}}), kBoxesOnly);
  EXPECT_NE(guarded.at(0, 260, 4), 128) << "moved left and down, into the picture";
}

}  // namespace
}  // namespace inflight
