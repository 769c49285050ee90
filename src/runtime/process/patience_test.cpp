#include "patience.hpp"

#include <gtest/gtest.h>

namespace inflight {
namespace {

using namespace std::chrono_literals;

TEST(Patience, IsLongBeforeTheFirstAnswerAndThenAMultipleOfTheSlowest) {
  Patience patience(ProcessPolicy{});
  EXPECT_EQ(patience.for_inference(), 2min);
  patience.answered(10ms);
  EXPECT_EQ(patience.for_inference(), 30s) << "a busy machine is no hung process";
  patience.answered(3s);
  patience.answered(1s);
  EXPECT_EQ(patience.for_inference(), 60s);
  patience.begin_anew();
  EXPECT_EQ(patience.for_inference(), 2min);
}

TEST(Patience, IsAsLongAsItWasSaid) {
  Patience patience(ProcessPolicy{5s, 7s});
  EXPECT_EQ(patience.for_inference(), 5s);
  EXPECT_EQ(patience.for_compiling(), 7s);
  patience.answered(3s);
  EXPECT_EQ(patience.for_inference(), 5s);
  Patience endless(ProcessPolicy{0s, 0s});
  EXPECT_FALSE(endless.for_inference() || endless.for_compiling() || endless.for_cancel());
}

TEST(Patience, IsShortWithWhatWasCancelled) {
  Patience patience(ProcessPolicy{});
  EXPECT_EQ(patience.for_cancel(), 700ms);
  patience.answered(300ms);
  EXPECT_EQ(patience.for_cancel(), 3s) << "an engine may have to finish what it is at";
  EXPECT_EQ(Patience(ProcessPolicy{100ms, 1s}).for_cancel(), 100ms);
}

TEST(Allowance, LetsMuchHappenAtOnceAndThenLess) {
  Allowance allowance(3, 10);
  TimePoint now;
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(allowance.take(now));
  EXPECT_FALSE(allowance.take(now));
  EXPECT_TRUE(allowance.take(now + 100ms));
  EXPECT_FALSE(allowance.take(now + 100ms));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(allowance.take(now + 1h));
  EXPECT_FALSE(allowance.take(now + 1h));
}

}  // namespace
}  // namespace inflight
