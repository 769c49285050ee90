#include "bounded_queue.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>

namespace inflight {
namespace {

TEST(BoundedQueue, HandsOutInTheOrderOfPushing) {
  BoundedQueue<int> queue(3);
  for (int round = 0; round < 4; ++round) {  // round the ring more than once
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(queue.push(10 * round + i));
    for (int i = 0; i < 3; ++i) EXPECT_EQ(queue.pop(), 10 * round + i);
  }
}

TEST(BoundedQueue, LetsWhatDoesNotFitWaitUntilThereIsRoom) {
  BoundedQueue<int> queue(1);
  EXPECT_TRUE(queue.push(1));
  EXPECT_EQ(queue.size(), queue.capacity());
  std::jthread pusher([&] { EXPECT_TRUE(queue.push(2)); });
  EXPECT_EQ(queue.pop(), 1);
  EXPECT_EQ(queue.pop(), 2);
}

TEST(BoundedQueue, RefusesEverythingOnceClosedAndLeavesItAlone) {
  BoundedQueue<std::unique_ptr<int>> queue(1);
  queue.close();
  auto value = std::make_unique<int>(1);
  EXPECT_FALSE(queue.push(std::move(value)));
  EXPECT_TRUE(value);
}

TEST(BoundedQueue, HandsOutWhatIsLeftAfterClosingThenNothing) {
  BoundedQueue<int> queue(2);
  queue.push(1);
  queue.push(2);
  queue.close();
  EXPECT_EQ(queue.pop(), 1);
  EXPECT_EQ(queue.try_pop(), 2);
  EXPECT_EQ(queue.pop(), std::nullopt);
  EXPECT_EQ(queue.try_pop(), std::nullopt);
}

TEST(BoundedQueue, ClosingReleasesThoseWhoWaitOnEitherSide) {
  BoundedQueue<int> full(1), empty(1);
  full.push(0);
  bool pushed = true;
  std::optional<int> popped = 1;
  {
    std::jthread pusher([&] { pushed = full.push(1); });
    std::jthread popper([&] { popped = empty.pop(); });
    full.close();
    empty.close();
  }
  EXPECT_FALSE(pushed);
  EXPECT_EQ(popped, std::nullopt);
}

TEST(BoundedQueue, HoldsOnToNothingThatHasLeft) {
  BoundedQueue<std::shared_ptr<int>> queue(2);
  auto value = std::make_shared<int>(1);
  queue.push(std::shared_ptr<int>(value));
  queue.pop().reset();
  EXPECT_EQ(value.use_count(), 1);
}

TEST(BoundedQueue, LosesAndRepeatsNothingBetweenManyThreads) {
  constexpr int kThreads = 3, kEach = 2000;
  BoundedQueue<int> queue(4);
  std::atomic<long> sum = 0;
  std::atomic<int> count = 0;
  {
    std::vector<std::jthread> consumers, producers;
    for (int t = 0; t < kThreads; ++t) {
      consumers.emplace_back([&] {
        while (std::optional<int> value = queue.pop()) {
          sum += *value;
          ++count;
        }
      });
      producers.emplace_back([&] {
        for (int i = 1; i <= kEach; ++i) EXPECT_TRUE(queue.push(int{i}));
      });
    }
    producers.clear();
    queue.close();
  }
  EXPECT_EQ(count, kThreads * kEach);
  EXPECT_EQ(sum, long{kThreads} * kEach * (kEach + 1) / 2);
}

TEST(BoundedQueue, KeepsItsOrderWhenItGrows) {
  BoundedQueue<int> queue(3);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(queue.push(int(i)));
  EXPECT_EQ(queue.try_pop(), 0);
  EXPECT_TRUE(queue.push(3));  // wraps round
  queue.grow(2);
  EXPECT_EQ(queue.capacity(), 5U);
  EXPECT_TRUE(queue.push(4));
  EXPECT_TRUE(queue.push(5));
  for (int expected = 1; expected <= 5; ++expected) EXPECT_EQ(queue.try_pop(), expected);
}

}  // namespace
}  // namespace inflight
