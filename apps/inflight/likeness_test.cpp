#include "likeness.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace inflight::app {
namespace {

Detection person(Box box, float score = 0.9F, int class_id = 1) {
  Detection detection;
  detection.box = box;
  detection.score = score;
  detection.class_id = class_id;
  return detection;
}

FrameResult found(std::vector<Detection> detections) {
  FrameResult result;
  result.detections = std::move(detections);
  return result;
}

constexpr Box kBox{10, 20, 100, 50};

TEST(Likeness, IsNoneBetweenEqualResults) {
  std::optional<Difference> apart = difference(found({person(kBox)}), found({person(kBox)}));
  ASSERT_TRUE(apart);
  EXPECT_TRUE(apart->is_none());
}

TEST(Likeness, MeasuresEachSideOfABoxAsAShareOfItsLongerSide) {
  for (const Box& moved : {Box{14, 20, 100, 50}, Box{10, 16, 100, 50}, Box{10, 20, 104, 50}, Box{10, 20, 100, 46}}) {
    std::optional<Difference> apart = difference(found({person(kBox)}), found({person(moved)}));
    ASSERT_TRUE(apart);
    EXPECT_FLOAT_EQ(apart->box, 0.04F);
    EXPECT_EQ(apart->score, 0);
    EXPECT_FALSE(apart->is_tolerable());
  }
}

TEST(Likeness, MeasuresABoxOfLessThanAPixelInPixels) {
  std::optional<Difference> apart =
      difference(found({person({0, 0, 0.1F, 0.1F})}), found({person({0.01F, 0, 0.1F, 0.1F})}));
  ASSERT_TRUE(apart);
  EXPECT_FLOAT_EQ(apart->box, 0.01F);
}

TEST(Likeness, MeasuresScores) {
  std::optional<Difference> apart = difference(found({person(kBox, 0.5F)}), found({person(kBox, 0.25F)}));
  ASSERT_TRUE(apart);
  EXPECT_FLOAT_EQ(apart->score, 0.25F);
  EXPECT_EQ(apart->box, 0);
}

TEST(Likeness, ToleratesNoMoreThanItSays) {
  EXPECT_TRUE((Difference{kScoreTolerance, kBoxTolerance}).is_tolerable());
  EXPECT_FALSE((Difference{std::nextafter(kScoreTolerance, 1.0F), 0}).is_tolerable());
  EXPECT_FALSE((Difference{0, std::nextafter(kBoxTolerance, 1.0F)}).is_tolerable());
}

TEST(Likeness, OfOtherObjectsThereIsNone) {
  FrameResult one = found({person(kBox)});
  EXPECT_FALSE(difference(one, found({person(kBox, 0.9F, 2)}))) << "another class";
  EXPECT_FALSE(difference(one, found({}))) << "one less";
  EXPECT_FALSE(difference(one, found({person(kBox), person(kBox)}))) << "one more";
}

TEST(Likeness, OfFramesThatEndedDifferentlyThereIsNone) {
  FrameResult failed;
  failed.status = FrameStatus::failed;
  EXPECT_FALSE(difference(found({}), failed));
}

TEST(Likeness, AValueThatIsNoNumberIsLikeNoNumber) {
  constexpr float kNone = std::numeric_limits<float>::quiet_NaN();
  std::optional<Difference> score = difference(found({person(kBox)}), found({person(kBox, kNone)}));
  std::optional<Difference> box = difference(found({person(kBox)}), found({person({10, kNone, 100, 50})}));
  ASSERT_TRUE(score && box);
  EXPECT_FALSE(score->is_tolerable());
  EXPECT_FALSE(box->is_tolerable());
  EXPECT_TRUE(difference(found({person(kBox, kNone)}), found({person(kBox, kNone)}))->is_none());
}

TEST(Likeness, LooksAtWhatEachOfSeveralModelsFound) {
  FrameResult a, b;
  a.models.resize(2);
  a.models[1].detections = {person(kBox)};
  b = a;
  b.models[1].detections[0].box.left += 50;
  ASSERT_TRUE(difference(a, b));
  EXPECT_FLOAT_EQ(difference(a, b)->box, 0.5F);
  b.models[1].detections.clear();
  EXPECT_FALSE(difference(a, b));
  b.models.pop_back();
  EXPECT_FALSE(difference(a, b));
}

TEST(Likeness, OfRunsIsTheLargestOfAnyFrame) {
  std::vector<FrameResult> a{found({person(kBox)}), found({person(kBox, 0.5F)})};
  std::vector<FrameResult> b{found({person({12, 20, 100, 50})}), found({person(kBox, 0.4F)})};
  std::optional<Difference> apart = difference(a, b);
  ASSERT_TRUE(apart);
  EXPECT_FLOAT_EQ(apart->box, 0.02F);
  EXPECT_FLOAT_EQ(apart->score, 0.1F);
}

TEST(Likeness, OfRunsOfDifferentLengthThereIsNone) {
  std::vector<FrameResult> one(1), two(2);
  EXPECT_FALSE(difference(one, two));
  EXPECT_FALSE(difference(two, one));
}

}  // namespace
}  // namespace inflight::app
