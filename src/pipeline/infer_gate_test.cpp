#include "infer_gate.hpp"

#include <gtest/gtest.h>

namespace inflight {
namespace {

constexpr std::uint32_t kA = 0, kB = 1, kC = 2;

TEST(InferGate, LetsInNoMoreThanItsLimit) {
  InferGate gate(2, {9, 9, 9});
  EXPECT_TRUE(gate.enter({nullptr, kA}));
  EXPECT_TRUE(gate.enter({nullptr, kB}));
  EXPECT_FALSE(gate.enter({nullptr, kC}));
  EXPECT_EQ(gate.leave(kA)->model, kC);
  EXPECT_FALSE(gate.leave(kB));
  EXPECT_FALSE(gate.is_idle()) << "that of C runs";
  EXPECT_FALSE(gate.leave(kC));
  EXPECT_TRUE(gate.is_idle());
}

TEST(InferGate, LetsInNoMoreOfAModelThanItHasStreams) {
  InferGate gate(3, {1, 2, 1});
  EXPECT_TRUE(gate.enter({nullptr, kA}));
  EXPECT_FALSE(gate.enter({nullptr, kA})) << "it would only queue in the engine, and hold a place";
  EXPECT_TRUE(gate.enter({nullptr, kB}));
  EXPECT_TRUE(gate.enter({nullptr, kB}));
  EXPECT_FALSE(gate.leave(kB)) << "what waits is of A, whose stream is taken";
  EXPECT_EQ(gate.leave(kA)->model, kA);
}

TEST(InferGate, GivesAStreamBackEachTimeItsModelLeaves) {
  InferGate gate(2, {1, 2});
  for (int time = 0; time < 3; ++time) {
    EXPECT_TRUE(gate.enter({nullptr, kA})) << time;
    EXPECT_FALSE(gate.leave(kA));
    EXPECT_TRUE(gate.enter({nullptr, kB})) << time;
    EXPECT_TRUE(gate.enter({nullptr, kB})) << time;
    EXPECT_FALSE(gate.leave(kB));
    EXPECT_FALSE(gate.leave(kB));
  }
  EXPECT_TRUE(gate.is_idle());
}

TEST(InferGate, HandsWhatWaitsOutAgainAndAgain) {
  InferGate gate(2, {1, 1});
  EXPECT_TRUE(gate.enter({nullptr, kA}));
  EXPECT_TRUE(gate.enter({nullptr, kB}));
  for (int frame = 0; frame < 3; ++frame) {
    EXPECT_FALSE(gate.enter({nullptr, kA}));
    EXPECT_FALSE(gate.enter({nullptr, kB}));
    EXPECT_EQ(gate.leave(kB)->model, kB) << frame;
    EXPECT_EQ(gate.leave(kA)->model, kA) << frame;
  }
  EXPECT_FALSE(gate.leave(kA));
  EXPECT_FALSE(gate.leave(kB));
  EXPECT_TRUE(gate.is_idle());
}

TEST(InferGate, PrefersTheModelThatHasJustEndedThenTheOneThatWaitsLongest) {
  InferGate gate(1, {9, 9, 9});
  EXPECT_TRUE(gate.enter({nullptr, kA}));
  for (std::uint32_t model : {kB, kC, kA, kB}) EXPECT_FALSE(gate.enter({nullptr, model}));
  EXPECT_EQ(gate.leave(kA)->model, kA);
  EXPECT_EQ(gate.leave(kA)->model, kB);
  EXPECT_EQ(gate.leave(kB)->model, kB);
  EXPECT_EQ(gate.leave(kB)->model, kC);
  EXPECT_FALSE(gate.leave(kC));
  EXPECT_TRUE(gate.is_idle());
}

}  // namespace
}  // namespace inflight
