#include "nms.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <random>

namespace inflight {
namespace {

Candidate candidate(float left, float top, float side, float score, int class_id = 0, std::uint32_t index = 0) {
  return {{left, top, left + side, top + side}, score, class_id, index};
}

std::vector<float> scores_after(std::vector<Candidate> candidates, float iou, NmsMode mode) {
  suppress(candidates, iou, mode);
  std::vector<float> scores;
  for (const Candidate& c : candidates) scores.push_back(c.score);
  return scores;
}

TEST(Nms, KeepsTheBestOfBoxesThatOverlap) {
  std::vector<Candidate> boxes{candidate(0, 0, 10, 0.6F), candidate(1, 0, 10, 0.9F), candidate(50, 0, 10, 0.5F)};
  EXPECT_EQ(scores_after(boxes, 0.5F, NmsMode::class_wise), (std::vector{0.9F, 0.5F}));
}

TEST(Nms, DropsABoxOnlyAboveTheThreshold) {
  // Two of 10×10, shifted by 5: common 50, union 150.
  std::vector<Candidate> boxes{candidate(0, 0, 10, 0.9F), candidate(5, 0, 10, 0.8F)};
  EXPECT_EQ(scores_after(boxes, 0.34F, NmsMode::class_wise).size(), 2U);
  EXPECT_EQ(scores_after(boxes, 0.33F, NmsMode::class_wise).size(), 1U);
  EXPECT_EQ(scores_after({candidate(0, 0, 8, 0.9F), candidate(0, 0, 8, 0.8F)}, 1, NmsMode::class_wise).size(), 2U);
}

TEST(Nms, ASuppressedBoxSuppressesNobody) {
  std::vector<Candidate> chain{candidate(0, 0, 10, 0.9F), candidate(4, 0, 10, 0.8F), candidate(8, 0, 10, 0.7F)};
  EXPECT_EQ(scores_after(chain, 0.4F, NmsMode::class_wise), (std::vector{0.9F, 0.7F}));
}

TEST(Nms, ClassesMeetOnlyWhereAgnostic) {
  std::vector<Candidate> boxes{candidate(0, 0, 10, 0.9F, 0), candidate(0, 0, 10, 0.8F, 1)};
  EXPECT_EQ(scores_after(boxes, 0.5F, NmsMode::class_wise).size(), 2U);
  EXPECT_EQ(scores_after(boxes, 0.5F, NmsMode::agnostic).size(), 1U);
}

TEST(Nms, SettlesTiesByThePlaceInTheOutputWhateverTheOrderItSees) {
  std::vector<Candidate> boxes;
  for (std::uint32_t i = 0; i < 200; ++i) boxes.push_back(candidate(static_cast<float>(i % 40), 0, 10, 0.5F, 0, i));
  std::vector<Candidate> expected = boxes;
  suppress(expected, 0.5F, NmsMode::class_wise);
  std::mt19937 random(5);
  for (int round = 0; round < 20; ++round) {
    std::vector<Candidate> shuffled = boxes;
    std::shuffle(shuffled.begin(), shuffled.end(), random);
    suppress(shuffled, 0.5F, NmsMode::class_wise);
    ASSERT_TRUE(std::ranges::equal(shuffled, expected, {}, &Candidate::index, &Candidate::index));
  }
}

TEST(Nms, KeptBoxesNeverOverlapAndEveryDroppedOneMetABetter) {
  std::mt19937 random(6);
  auto iou = [](const Edges& a, const Edges& b) {
    double w = std::min(a.right, b.right) - std::max(a.left, b.left),
           h = std::min(a.bottom, b.bottom) - std::max(a.top, b.top);
    double common = w > 0 && h > 0 ? w * h : 0;
    auto area = [](const Edges& e) { return double{e.right - e.left} * (e.bottom - e.top); };
    return common / (area(a) + area(b) - common);
  };
  for (int round = 0; round < 100; ++round) {
    std::vector<Candidate> all;
    for (std::uint32_t i = 0; i < 150; ++i) {
      auto number = [&](unsigned limit) { return static_cast<float>(random() % limit); };
      all.push_back(
          candidate(number(60), number(60), 5 + number(30), number(1000) / 1000, static_cast<int>(random() % 3), i));
    }
    std::vector<Candidate> kept = all;
    suppress(kept, 0.45F, NmsMode::class_wise);
    for (const Candidate& one : all) {
      bool survived = std::ranges::find(kept, one.index, &Candidate::index) != kept.end();
      bool covered = std::ranges::any_of(kept, [&](const Candidate& k) {
        bool better = k.score > one.score || (k.score == one.score && k.index < one.index);
        return better && k.class_id == one.class_id && iou(k.box, one.box) > 0.45;
      });
      ASSERT_NE(survived, covered);
    }
  }
}

TEST(Nms, HugeBoxesDoNotUpsetIt) {
  float big = std::numeric_limits<float>::max();
  std::vector<Candidate> boxes{
      {{-big, -big, big, big}, 0.9F, 0, 0}, {{-big, -big, big, big}, 0.8F, 0, 1}, {{0, 0, 1, 1}, 0.7F, 0, 2}};
  suppress(boxes, 0.5F, NmsMode::class_wise);
  EXPECT_EQ(boxes.front().score, 0.9F);
}

TEST(Nms, LeavesNoMoreThanTheLimitAndThoseAreTheBest) {
  std::vector<Candidate> boxes(kMaxCandidates + 1000);
  for (std::uint32_t i = 0; i < boxes.size(); ++i) boxes[i] = candidate(0, 0, 1, static_cast<float>(i), 0, i);
  sort_best_first(boxes);
  EXPECT_EQ(boxes.size(), kMaxCandidates);
  EXPECT_EQ(boxes.back().score, 1000);
}

TEST(Nms, NothingStaysNothing) { EXPECT_TRUE(scores_after({}, 0.5F, NmsMode::agnostic).empty()); }

}  // namespace
}  // namespace inflight
