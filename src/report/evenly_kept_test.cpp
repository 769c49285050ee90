#include "evenly_kept.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace inflight::report {
namespace {

using testing::ElementsAre;

/// What is kept of the numbers from 0.
std::vector<int> kept_of(int count, std::size_t most) {
  EvenlyKept<int> kept(most);
  for (int i = 0; i < count; ++i)
    if (kept.wanted()) kept.add(i);
  return kept.take();
}

TEST(EvenlyKept, KeepsAllThatThereIsRoomFor) { EXPECT_THAT(kept_of(4, 4), ElementsAre(0, 1, 2, 3)); }

TEST(EvenlyKept, DoublesTheDistanceWhenItIsFull) {
  EXPECT_THAT(kept_of(5, 4), ElementsAre(0, 2, 4));
  EXPECT_THAT(kept_of(8, 4), ElementsAre(0, 2, 4, 6));
  EXPECT_THAT(kept_of(20, 4), ElementsAre(0, 8, 16));
}

TEST(EvenlyKept, NeverKeepsMoreThanItMay) {
  for (int count = 0; count < 5000; count += 37) EXPECT_LE(kept_of(count, 600).size(), 600U) << count;
}

}  // namespace
}  // namespace inflight::report
