#include "credits.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace inflight {
namespace {

TEST(Credits, BoundBytesAndNumber) {
  Credits credits(100, 2);
  EXPECT_TRUE(credits.take(60));
  EXPECT_TRUE(credits.take(40));
  EXPECT_EQ(credits.bytes(), 100U);
  std::atomic<bool> taken = false;
  std::jthread third([&] { taken = credits.take(1); });
  credits.give_back(60);  // room for it only now, in bytes and in number
  third.join();
  EXPECT_TRUE(taken);
  EXPECT_EQ(credits.bytes(), 41U);
  EXPECT_EQ(credits.max_bytes_held(), 100U);
}

TEST(Credits, TellWhatIsHeldAndWhatMayBe) {
  Credits credits(100, 4);
  EXPECT_TRUE(credits.take(30));
  EXPECT_TRUE(credits.take(20));
  const Credits::Held held = credits.held();
  EXPECT_EQ(held.bytes, 50U);
  EXPECT_EQ(held.max_bytes, 100U);
  EXPECT_EQ(held.count, 2U);
  EXPECT_EQ(held.max_count, 4U);
}

TEST(Credits, FollowAnotherBoundOnTheirNumber) {
  Credits credits(100, 1);
  EXPECT_TRUE(credits.take(1));
  std::jthread second([&] { EXPECT_TRUE(credits.take(1)); });
  credits.set_bounds({100, 2});
  second.join();
  credits.set_bounds({100, 1});
  credits.give_back(1);
  std::atomic<bool> taken = false;
  std::jthread third([&] { taken = credits.take(1); });
  EXPECT_FALSE(taken) << "one is still taken";
  credits.give_back(1);
}

TEST(Credits, AreTakenWithoutWaitingOnlyWhereThereIsRoom) {
  Credits credits(100, 2);
  EXPECT_TRUE(credits.try_take(60));
  EXPECT_FALSE(credits.try_take(41)) << "too many bytes";
  EXPECT_TRUE(credits.try_take(40));
  credits.give_back(60);
  EXPECT_TRUE(credits.try_take(10));
  EXPECT_FALSE(credits.try_take(10)) << "too many frames";
  EXPECT_EQ(credits.held().count, 2U);
  EXPECT_EQ(credits.bytes(), 50U);
  credits.close();
  credits.give_back(10);
  EXPECT_FALSE(credits.try_take(10)) << "closed";
}

TEST(Credits, TryTakeDoesNotOvertakeOneWhoWaits) {
  Credits credits(100, 4);
  EXPECT_TRUE(credits.take(60));
  std::jthread large([&] { EXPECT_TRUE(credits.take(100)); });
  while (credits.held().waiting == 0) std::this_thread::yield();
  EXPECT_FALSE(credits.try_take(10)) << "small ones would keep the large one out for ever";
  credits.give_back(60);
  large.join();
  credits.give_back(100);
  EXPECT_TRUE(credits.try_take(10));
}

TEST(Credits, LetAFrameLargerThanTheBudgetPassAlone) {
  Credits credits(10, 4);
  EXPECT_TRUE(credits.take(1000));
  std::jthread other([&] {
    EXPECT_TRUE(credits.take(1));
    EXPECT_EQ(credits.bytes(), 1U) << "it waited until the large one had gone";
  });
  credits.give_back(1000);
}

TEST(Credits, CorrectAnEstimate) {
  Credits credits(100, 4);
  credits.take(90);
  credits.adjust(90, 10);
  EXPECT_EQ(credits.bytes(), 10U);
  EXPECT_TRUE(credits.take(90)) << "the correction made room";
  credits.give_back(10);
  credits.give_back(90);
  EXPECT_EQ(credits.bytes(), 0U);
}

TEST(Credits, ClosingSendsEveryoneAwayEmptyHanded) {
  Credits credits(10, 1);
  credits.take(10);
  std::atomic<int> refused = 0;
  {
    std::vector<std::jthread> waiting;
    for (int i = 0; i < 3; ++i) waiting.emplace_back([&] { refused += credits.take(1) ? 0 : 1; });
    credits.close();
  }
  EXPECT_EQ(refused, 3);
  EXPECT_EQ(credits.bytes(), 10U);
  credits.give_back(10);
  EXPECT_FALSE(credits.take(1));
}

// A 4K source beside small ones: whatever room there is must not go to the small ones for ever.
TEST(Credits, DoNotLetSmallFramesKeepALargeOneOut) {
  Credits credits(100, 100);
  std::atomic<bool> large_served = false;
  {
    std::vector<std::jthread> small;
    for (int i = 0; i < 2; ++i) {
      small.emplace_back([&] {
        // Each takes its next credit before it returns the last: the budget is never empty.
        if (!credits.take(20)) return;
        while (!large_served) {
          if (!credits.take(20)) return;
          credits.give_back(20);
        }
        credits.give_back(20);
      });
    }
    std::jthread large([&] {
      EXPECT_TRUE(credits.take(60));
      large_served = true;
      credits.give_back(60);
    });
  }
  EXPECT_EQ(credits.bytes(), 0U);
}

TEST(Credits, NeverExceedTheBudgetBetweenManyThreads) {
  Credits credits(100, 3);
  std::atomic<int> held = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        std::size_t bytes = 20U + 10U * static_cast<std::size_t>(t);
        for (int i = 0; i < 500; ++i) {
          EXPECT_TRUE(credits.take(bytes));
          EXPECT_LE(++held, 3);
          --held;
          credits.give_back(bytes);
        }
      });
    }
  }
  EXPECT_LE(credits.max_bytes_held(), 100U);
  EXPECT_EQ(credits.bytes(), 0U);
}

}  // namespace
}  // namespace inflight
