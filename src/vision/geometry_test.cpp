#include "geometry.hpp"

#include <gtest/gtest.h>

#include <random>

namespace inflight {
namespace {

constexpr std::array kModes{ResizeMode::stretch, ResizeMode::letterbox_center, ResizeMode::letterbox_top_left};

TEST(Geometry, StretchFillsTheInput) {
  EXPECT_EQ(place({768, 432}, {256, 256}, ResizeMode::stretch), (Placement{0, 0, {256, 256}}));
  SourceTransform t = make_transform({768, 432}, {256, 256}, ResizeMode::stretch);
  EXPECT_EQ(t.to_source({128, 128, 64, 64}), (Box{384, 216, 192, 108}));
}

TEST(Geometry, LetterboxKeepsTheAspectAndPadsTheRest) {
  EXPECT_EQ(place({768, 432}, {416, 416}, ResizeMode::letterbox_top_left), (Placement{0, 0, {416, 234}}));
  EXPECT_EQ(place({768, 432}, {640, 640}, ResizeMode::letterbox_center), (Placement{0, 140, {640, 360}}));
  EXPECT_EQ(place({432, 768}, {640, 640}, ResizeMode::letterbox_center), (Placement{140, 0, {360, 640}}));
  SourceTransform t = make_transform({768, 432}, {640, 640}, ResizeMode::letterbox_center);
  Box box = t.to_source({320, 320, 10, 10});
  EXPECT_FLOAT_EQ(box.left, 384);
  EXPECT_FLOAT_EQ(box.top, 216);
  EXPECT_FLOAT_EQ(box.width, 12);
}

TEST(Geometry, RoundsTheScaledSizeAsTheNetworksOwnCodeDoes) {
  // 287 · 640/512 = 358.75: Ultralytics' LetterBox rounds it, Megvii's preproc cuts it off.
  EXPECT_EQ(place({512, 287}, {640, 640}, ResizeMode::letterbox_center), (Placement{0, 140, {640, 359}}));
  EXPECT_EQ(place({287, 512}, {640, 640}, ResizeMode::letterbox_center), (Placement{140, 0, {359, 640}}));
  EXPECT_EQ(place({512, 287}, {640, 640}, ResizeMode::letterbox_top_left), (Placement{0, 0, {640, 358}}));
  EXPECT_EQ(place({287, 512}, {640, 640}, ResizeMode::letterbox_top_left), (Placement{0, 0, {358, 640}}));
  EXPECT_EQ(place({512, 281}, {640, 640}, ResizeMode::letterbox_center).size, (Size{640, 351}));  // 351.25
  // Halves as Python rounds them: 358.5 and 361.5.
  EXPECT_EQ(place({1280, 717}, {640, 640}, ResizeMode::letterbox_center).size, (Size{640, 358}));
  EXPECT_EQ(place({1280, 723}, {640, 640}, ResizeMode::letterbox_center).size, (Size{640, 362}));
}

TEST(Geometry, PutsAnOddRemainderToTheRightAndBottom) {
  EXPECT_EQ(place({100, 99}, {100, 100}, ResizeMode::letterbox_center), (Placement{0, 0, {100, 99}}));
  EXPECT_EQ(place({100, 97}, {100, 100}, ResizeMode::letterbox_center), (Placement{0, 1, {100, 97}}));
  EXPECT_EQ(place({97, 100}, {100, 100}, ResizeMode::letterbox_center), (Placement{1, 0, {97, 100}}));
}

TEST(Geometry, AnExactFitLosesNoPixel) {
  for (int side = 1; side < 3000; ++side) {
    EXPECT_EQ(place({side, side}, {416, 416}, ResizeMode::letterbox_top_left).size, (Size{416, 416})) << side;
  }
}

TEST(Geometry, ASliverKeepsAtLeastOnePixel) {
  EXPECT_EQ(place({1, 5000}, {416, 416}, ResizeMode::letterbox_top_left).size, (Size{1, 416}));
  EXPECT_EQ(place({5000, 1}, {416, 416}, ResizeMode::letterbox_top_left).size, (Size{416, 1}));
}

TEST(Geometry, AnEmptySizeDoesNotDivideByZero) {
  SourceTransform t = make_transform({0, 0}, {0, 0}, ResizeMode::letterbox_center);
  EXPECT_EQ(t.to_source({0, 0, 1, 1}), (Box{0, 0, 1, 1}));
}

/// Where a box of the source lies in the model's input.
Box to_model(const SourceTransform& t, const Box& box) {
  return {box.left / t.factor_x + t.offset_x, box.top / t.factor_y + t.offset_y, box.width / t.factor_x,
          box.height / t.factor_y};
}

TEST(Geometry, ToSourceUndoesThePlacingForAnySizes) {
  std::mt19937 random(7);
  auto side = [&] {
    return random() % 3 == 0 ? 1 + static_cast<int>(random() % 3) : 1 + static_cast<int>(random() % 8000);
  };
  for (int i = 0; i < 20000; ++i) {
    Size source{side(), side()}, model{1 + static_cast<int>(random() % 1280), 1 + static_cast<int>(random() % 1280)};
    SourceTransform t = make_transform(source, model, kModes[random() % kModes.size()]);
    auto within = [&](int limit) { return static_cast<float>(random() % 10001) / 10000 * static_cast<float>(limit); };
    Box box{within(source.width), within(source.height), within(source.width), within(source.height)};
    Box back = t.to_source(to_model(t, box));
    // A pixel of the model may span thousands of the source: float's error grows with both.
    auto tolerance = [](int s, float factor, int m) {
      return 1e-6F * (static_cast<float>(s) + factor * static_cast<float>(m));
    };
    float near_x = tolerance(source.width, t.factor_x, model.width);
    float near_y = tolerance(source.height, t.factor_y, model.height);
    ASSERT_NEAR(back.left, box.left, near_x);
    ASSERT_NEAR(back.width, box.width, near_x);
    ASSERT_NEAR(back.top, box.top, near_y);
    ASSERT_NEAR(back.height, box.height, near_y);
  }
}

TEST(Geometry, MapsThePlacedRectangleOntoTheWholeSource) {
  std::mt19937 random(8);
  for (int i = 0; i < 5000; ++i) {
    auto side = [&](int limit) { return 1 + static_cast<int>(random() % static_cast<unsigned>(limit)); };
    Size source{side(4000), side(4000)}, model{side(700), side(700)};
    for (ResizeMode mode : kModes) {
      Placement placed = place(source, model, mode);
      ASSERT_LE(placed.left + placed.size.width, model.width);
      ASSERT_LE(placed.top + placed.size.height, model.height);
      Box whole = make_transform(source, model, mode)
                      .to_source({static_cast<float>(placed.left), static_cast<float>(placed.top),
                                  static_cast<float>(placed.size.width), static_cast<float>(placed.size.height)});
      ASSERT_EQ(whole.left, 0);
      ASSERT_EQ(whole.top, 0);
      ASSERT_NEAR(whole.width, source.width, 1e-6 * source.width);
      ASSERT_NEAR(whole.height, source.height, 1e-6 * source.height);
    }
  }
}

TEST(Geometry, ClippingCutsAtTheBordersOfThePicture) {
  SourceTransform t = make_transform({100, 50}, {10, 10}, ResizeMode::stretch);
  EXPECT_EQ(clip_to_source({-1, 2, 5, 20}, t), (Box{0, 10, 50, 40}));
  EXPECT_EQ(clip_to_source({11, 2, 15, 3}, t).width, 0);
  EXPECT_EQ(clip_to_source({-3e38F, -3e38F, 3e38F, 3e38F}, t), (Box{0, 0, 100, 50}));
}

}  // namespace
}  // namespace inflight
