#include "table.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace inflight::report {
namespace {

TEST(Table, AlignsTheFirstColumnLeftAndTheOthersRight) {
  EXPECT_EQ(aligned({{"", "sync", "async"}, {"FPS", "360.2", "585"}}), "      sync  async\nFPS  360.2    585\n");
}

TEST(Table, CountsCharactersAndNotBytes) {
  EXPECT_EQ(aligned({{"a", "–"}, {"é", "12"}, {"b", "x"}}), "a   –\né  12\nb   x\n");
}

TEST(Table, IndentsAndEndsLinesWithoutSpaces) { EXPECT_EQ(aligned({{"a", ""}, {"b", "1"}}, 2), "  a\n  b  1\n"); }

TEST(Table, IsEmptyWithoutRows) { EXPECT_EQ(aligned({}), ""); }

TEST(Figures, ShowAboutThree) {
  EXPECT_EQ(figures(0.4512), "0.45");
  EXPECT_EQ(figures(9.994), "9.99");
  EXPECT_EQ(figures(9.996), "10.0");
  EXPECT_EQ(figures(99.96), "100");
  EXPECT_EQ(figures(602.4), "602");
  EXPECT_EQ(figures(std::optional<double>{}), "–");
  EXPECT_EQ(figures(std::numeric_limits<double>::quiet_NaN()), "–");
}

TEST(Bar, GrowsByEighthsOfACharacter) {
  EXPECT_EQ(bar(0, 4), "");
  EXPECT_EQ(bar(1, 4), "████");
  EXPECT_EQ(bar(0.5, 4), "██");
  EXPECT_EQ(bar(0.53125, 4), "██▏");
  EXPECT_EQ(bar(1.0 / 32, 4), "▏");
}

TEST(Bar, StaysWithinItsWidth) {
  EXPECT_EQ(bar(7, 2), "██");
  EXPECT_EQ(bar(-1, 2), "");
  EXPECT_EQ(bar(std::numeric_limits<double>::quiet_NaN(), 2), "");
}

}  // namespace
}  // namespace inflight::report
