#include "lanes.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <system_error>

#include "testing/few_threads.hpp"

namespace inflight {
namespace {

class TestTask final : public LaneTask {
 public:
  explicit TestTask(std::function<void()> body) : body_(std::move(body)) {}
  void run() noexcept override { body_(); }

 private:
  std::function<void()> body_;
};

/// Holds a lane until it is let go.
struct Block {
  std::promise<void> running, go;
  TestTask task{[this] {
    running.set_value();
    go.get_future().wait();
  }};
};

TEST(Lanes, RunsWhatWaitsInOrderBeforeItEnds) {
  std::string order;
  TestTask a([&] { order += 'a'; }), b([&] { order += 'b'; }), c([&] { order += 'c'; });
  {
    Lanes lanes("test", 1);
    for (TestTask* task : {&a, &b, &c}) lanes.submit(*task);
  }
  EXPECT_EQ(order, "abc");
}

TEST(Lanes, HurriedJobsComeFirst) {
  std::string order;
  Block block;
  TestTask a([&] { order += 'a'; }), b([&] { order += 'b'; }), idle([&] { order += '!'; });
  {
    Lanes lanes("test", 1);
    lanes.submit(block.task);
    block.running.get_future().wait();
    lanes.submit(a);
    lanes.submit(b);
    lanes.hurry(b);
    lanes.hurry(idle);
    lanes.hurry(block.task);
    block.go.set_value();
  }
  EXPECT_EQ(order, "ba");
}

TEST(Lanes, AreAllUsed) {
  Block one, two;
  Lanes lanes("test", 2);
  lanes.submit(one.task);
  lanes.submit(two.task);
  one.running.get_future().wait();
  two.running.get_future().wait();
  one.go.set_value();
  two.go.set_value();
}

TEST(Lanes, AJobMaySubmitItselfAgain) {
  int runs = 0;
  std::promise<void> finished;
  Lanes* lanes = nullptr;
  TestTask* self = nullptr;
  TestTask task([&] {
    if (++runs < 1000) return lanes->submit(*self);
    finished.set_value();
  });
  self = &task;
  Lanes two("test", 2);
  lanes = &two;
  two.submit(task);
  finished.get_future().wait();
  EXPECT_EQ(runs, 1000);
}

TEST(Lanes, EndThoseThatRunWhereAnotherCannotBeStarted) {
  for (int threads = 0; threads < 3; ++threads) {
    test::FewThreads few(threads);
    EXPECT_THROW(Lanes("test", 3), std::system_error) << threads;
  }
}

}  // namespace
}  // namespace inflight
