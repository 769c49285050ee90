#include "fair_queue.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <future>

#include "job.hpp"

namespace inflight {
namespace {

/// A queue of sources with these priorities, and jobs that know their source and number.
class FairQueueTest : public ::testing::Test {
 protected:
  void add_sources(std::initializer_list<int> priorities) {
    for (int priority : priorities) queue.add_source(8, priority);
  }
  void push(SourceId source, int frames) {
    for (int i = 0; i < frames; ++i) {
      Job& job = jobs.emplace_back();
      job.result.frame.source = source;
      job.result.frame.id = pushed[source]++;
      queue.push(source, job);
    }
  }
  /// "00 10 01": source and frame of each that is left.
  std::string order() {
    queue.close();
    std::string text;
    while (Job* job = queue.pop()) text += name(*job) + " ";
    return text;
  }
  static std::string name(const Job& job) {
    return std::to_string(job.result.frame.source) + std::to_string(job.result.frame.id);
  }

  FairQueue queue;
  std::deque<Job> jobs;
  std::array<std::uint64_t, 4> pushed{};
};

TEST_F(FairQueueTest, GivesTurnsToSourcesHoweverManyFramesOneHasWaiting) {
  add_sources({0, 0, 0});
  push(0, 5);
  push(1, 2);
  push(2, 3);
  EXPECT_EQ(order(), "00 10 20 01 11 21 02 22 03 04 ");
}

TEST_F(FairQueueTest, GivesNoTurnsInAdvanceToASourceThatWasSilent) {
  add_sources({0, 0});
  push(0, 4);
  for (int i = 0; i < 4; ++i) queue.pop();
  push(1, 3);
  push(0, 3);
  EXPECT_EQ(order(), "10 04 11 05 12 06 ");
}

TEST_F(FairQueueTest, TakesHigherPrioritiesFirst) {
  add_sources({0, 5, 5, -1});
  push(0, 2);
  push(3, 1);
  push(1, 2);
  push(2, 1);
  EXPECT_EQ(order(), "10 20 11 00 01 30 ");
}

TEST_F(FairQueueTest, GivesBackTheOldestOfASource) {
  add_sources({0, 0});
  push(0, 3);
  EXPECT_EQ(name(*queue.take_oldest(0)), "00");
  EXPECT_EQ(queue.take_oldest(1), nullptr);
  EXPECT_EQ(queue.size(), 2U);
  EXPECT_EQ(order(), "01 02 ");
}

TEST_F(FairQueueTest, WakesWhoWaitsWithAFrameOrTheEnd) {
  add_sources({0});
  auto popped = std::async(std::launch::async, [&] { return queue.pop() != nullptr && queue.pop() == nullptr; });
  push(0, 1);
  queue.close();
  EXPECT_TRUE(popped.get());
}

}  // namespace
}  // namespace inflight
