#include "device_pool_comparison.hpp"

#include <gtest/gtest.h>

namespace inflight {
namespace {

using namespace std::chrono_literals;
constexpr std::size_t kServing = 0, kCandidate = 1;

/// Completes inferences where the comparison wants them, one every `serving` or `candidate`; each time one of a
/// user's completes on the serving device too if it is `busy`.
Comparison run(Duration serving, Duration candidate, bool shared_cores, bool busy) {
  Comparison comparison({kCandidate, 1}, Comparison::Side{kServing, 1}, shared_cores);
  TimePoint now;
  while (!comparison.over()) {
    bool on_candidate = comparison.target().member == kCandidate;
    now += on_candidate ? candidate : serving;
    if (on_candidate && busy) comparison.completed(kServing, now, false);
    comparison.completed(comparison.target().member, now, true);
  }
  return comparison;
}

TEST(Comparison, MeasuresBothSpeeds) {
  Comparison comparison = run(20ms, 4ms, false, false);
  EXPECT_DOUBLE_EQ(comparison.serving_speed(), 50);
  EXPECT_DOUBLE_EQ(comparison.candidate_speed(), 250);
  EXPECT_TRUE(comparison.candidate_is_faster());
}

TEST(Comparison, WantsMoreThanNoise) {
  EXPECT_FALSE(run(10ms, 10ms, false, false).candidate_is_faster());
  EXPECT_FALSE(run(10ms, 9600us, false, false).candidate_is_faster());
  EXPECT_TRUE(run(10ms, 9400us, false, false).candidate_is_faster());
}

TEST(Comparison, GivesTheCandidateBackTheCoresThatTheOtherTook) {
  // Alone the candidate would take 7 ms. Beside a device that is kept busy it takes 14.
  EXPECT_TRUE(run(10ms, 14ms, true, true).candidate_is_faster());
  EXPECT_NEAR(run(10ms, 14ms, true, true).candidate_speed(), 143, 1);
  EXPECT_FALSE(run(10ms, 14ms, false, true).candidate_is_faster()) << "with cores of its own it had them all";
  EXPECT_FALSE(run(10ms, 14ms, true, false).candidate_is_faster()) << "nobody took any";
}

TEST(Comparison, IsAsShortAsItCanBeForSlowDevices) {
  Comparison comparison({kCandidate, 2}, Comparison::Side{kServing, 1}, false);
  TimePoint now;
  int completions = 0;
  for (; !comparison.over(); ++completions) comparison.completed(comparison.target().member, now += 1s, true);
  EXPECT_EQ(completions, 2 + 2 * (2 + 3)) << "warm-up, then one to open each window and one round of the width";
}

TEST(Comparison, OfOneDeviceMeasuresThatOne) {
  Comparison comparison({kCandidate, 1}, std::nullopt, false);
  TimePoint now;
  while (!comparison.over()) {
    EXPECT_EQ(comparison.target().member, kCandidate);
    comparison.completed(kCandidate, now += 10ms, true);
  }
  EXPECT_DOUBLE_EQ(comparison.candidate_speed(), 100);
}

TEST(Comparison, StaysWhereNothingTakesTime) { EXPECT_FALSE(run(0ms, 0ms, true, true).candidate_is_faster()); }

}  // namespace
}  // namespace inflight
