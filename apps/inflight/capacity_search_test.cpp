#include "capacity_search.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace inflight::app {
namespace {

/// What is tried on a machine on which `fitting` sources fit.
std::vector<int> tried(int fitting, int most) {
  CapacitySearch search(most);
  std::vector<int> all;
  for (std::optional<int> sources = search.next(); sources; sources = search.next()) {
    all.push_back(*sources);
    search.note(*sources, *sources <= fitting);
  }
  return all;
}

TEST(CapacitySearch, DoublesUntilTheyDoNotFitAndThenHalvesTheGap) {
  EXPECT_EQ(tried(5, 512), (std::vector{1, 2, 4, 8, 6, 5}));
}

TEST(CapacitySearch, EndsWhereNotEvenOneFits) { EXPECT_EQ(tried(0, 512), std::vector{1}); }

TEST(CapacitySearch, TriesNoMoreThanTheMost) {
  EXPECT_EQ(tried(1000, 12), (std::vector{1, 2, 4, 8, 12}));
  EXPECT_EQ(tried(10, 12), (std::vector{1, 2, 4, 8, 12, 10, 11}));
  EXPECT_EQ(tried(1, 1), std::vector{1});
}

TEST(CapacitySearch, AlwaysFindsTheNumberThatFits) {
  for (int most : {1, 2, 7, 64}) {
    for (int fitting = 0; fitting <= most; ++fitting) {
      int best = 0;
      for (int sources : tried(fitting, most))
        if (sources <= fitting) best = std::max(best, sources);
      EXPECT_EQ(best, fitting) << "of at most " << most;
    }
  }
}

TEST(CapacitySearch, DoesNotOverflow) { EXPECT_EQ(tried(2147483647, 2147483647).back(), 2147483647); }

TEST(CapacitySearch, KnowsHowLongItWillTake) {
  EXPECT_EQ(trials_to_find(0, 512), 1);
  EXPECT_EQ(trials_to_find(5, 512), 6);
  EXPECT_EQ(trials_to_find(512, 512), 10);
}

}  // namespace
}  // namespace inflight::app
