#include "inflight/detail/joined.hpp"

#include <gtest/gtest.h>

#include <array>
#include <list>
#include <vector>

namespace inflight::detail {
namespace {

TEST(Joined, PutsSeparatorsBetweenAndNowhereElse) {
  EXPECT_EQ(joined(std::vector<std::string>{}, ", "), "");
  EXPECT_EQ(joined(std::vector<std::string>{"a"}, ", "), "a");
  EXPECT_EQ(joined(std::list<std::string_view>{"a", "b", "c"}, " or "), "a or b or c");
}

TEST(Joined, KeepsThePlaceOfAnEmptyElement) { EXPECT_EQ(joined(std::vector<std::string>{"", "b", ""}, ","), ",b,"); }

TEST(Joined, WritesNumbersAsShortlyAsTheyReadBack) {
  EXPECT_EQ(joined(std::array{0.1F, 2.0F, 255.0F}, ","), "0.1,2,255");
  EXPECT_EQ(joined(std::array{1, -20}, ":"), "1:-20");
}

TEST(Joined, WritesWhatItIsToldOfEachElement) {
  EXPECT_EQ(joined(std::array{1, 2}, "+", [](int n) { return std::string(static_cast<std::size_t>(n), 'x'); }), "x+xx");
}

TEST(Join, AddsASeparatorOnlyAfterSomething) {
  std::string text;
  join(text, "; ", "first");
  join(text, "; ", "second");
  EXPECT_EQ(text, "first; second");
}

}  // namespace
}  // namespace inflight::detail
