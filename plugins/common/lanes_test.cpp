#include "lanes.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <future>

namespace inflight {
namespace {

class TestJob final : public Job {
 public:
  explicit TestJob(std::function<void()> body) : body_(std::move(body)) {}
  void run() noexcept override { body_(); }

 private:
  std::function<void()> body_;
};

/// Holds a lane until it is let go.
struct Block {
  std::promise<void> running, go;
  TestJob job{[this] {
    running.set_value();
    go.get_future().wait();
  }};
};

TEST(Lanes, RunsWhatWaitsInOrderBeforeItEnds) {
  std::string order;
  TestJob a([&] { order += 'a'; }), b([&] { order += 'b'; }), c([&] { order += 'c'; });
  {
    Lanes lanes("test", 1);
    for (TestJob* job : {&a, &b, &c}) lanes.submit(*job);
  }
  EXPECT_EQ(order, "abc");
}

TEST(Lanes, HurriedJobsComeFirst) {
  std::string order;
  Block block;
  TestJob a([&] { order += 'a'; }), b([&] { order += 'b'; }), idle([&] { order += '!'; });
  {
    Lanes lanes("test", 1);
    lanes.submit(block.job);
    block.running.get_future().wait();
    lanes.submit(a);
    lanes.submit(b);
    lanes.hurry(b);
    lanes.hurry(idle);
    lanes.hurry(block.job);
    block.go.set_value();
  }
  EXPECT_EQ(order, "ba");
}

TEST(Lanes, AreAllUsed) {
  Block one, two;
  Lanes lanes("test", 2);
  lanes.submit(one.job);
  lanes.submit(two.job);
  one.running.get_future().wait();
  two.running.get_future().wait();
  one.go.set_value();
  two.go.set_value();
}

TEST(Lanes, AJobMaySubmitItselfAgain) {
  int runs = 0;
  std::promise<void> finished;
  Lanes* lanes = nullptr;
  TestJob* self = nullptr;
  TestJob job([&] {
    if (++runs < 1000) return lanes->submit(*self);
    finished.set_value();
  });
  self = &job;
  Lanes two("test", 2);
  lanes = &two;
  two.submit(job);
  finished.get_future().wait();
  EXPECT_EQ(runs, 1000);
}

}  // namespace
}  // namespace inflight
