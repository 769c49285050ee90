#include "inflight/timeline.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "inflight/engine.hpp"

namespace inflight {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;

const TimePoint kStart{milliseconds(5000)};

TimelineRecorder::Request request(std::uint64_t number, std::string_view device = "ov:CPU") {
  TimelineRecorder::Request request;
  request.number = number;
  request.intended = request.submitted = kStart + milliseconds(number);
  request.completed = request.submitted + milliseconds(10);
  request.device = device;
  return request;
}

std::vector<std::uint64_t> numbers(const Timeline& timeline) {
  std::vector<std::uint64_t> all;
  for (const TimelineRequest& one : timeline.requests) all.push_back(one.number);
  return all;
}

TEST(TimelineRecorder, TellsTimesSinceTheStart) {
  TimelineRecorder recorder;
  recorder.start(kStart);
  recorder.request(request(3));
  recorder.span({"feed", "preprocess", 3, kStart + milliseconds(1), kStart + milliseconds(2)});
  const Timeline timeline = recorder.take();
  ASSERT_EQ(timeline.requests.size(), 1U);
  EXPECT_EQ(timeline.requests[0].submitted, milliseconds(3));
  EXPECT_EQ(timeline.requests[0].completed, milliseconds(13));
  ASSERT_EQ(timeline.spans.size(), 1U);
  EXPECT_EQ(timeline.spans[0].begin, milliseconds(1));
  EXPECT_EQ(timeline.length, milliseconds(13));
  EXPECT_EQ(timeline.left_out, 0U);
}

TEST(TimelineRecorder, NamesDevicesThreadsAndStagesOnce) {
  TimelineRecorder recorder;
  recorder.start(kStart);
  for (const char* device : {"ort:CPU", "ov:CPU", "ort:CPU"}) recorder.request(request(0, device));
  for (const char* stage : {"decode", "sink", "decode"}) recorder.span({"run", stage, 0, kStart, kStart});
  const Timeline timeline = recorder.take();
  EXPECT_THAT(timeline.devices, ElementsAre("ort:CPU", "ov:CPU"));
  EXPECT_THAT(timeline.threads, ElementsAre("run"));
  EXPECT_THAT(timeline.stages, ElementsAre("decode", "sink"));
  EXPECT_EQ(timeline.requests[2].device, 0U);
  EXPECT_EQ(timeline.spans[1].stage, 1U);
}

TEST(TimelineRecorder, KeepsTheFirstAndTheNewestAndCountsTheRest) {
  TimelineRecorder recorder({.requests = 6, .spans = 2, .events = 2});
  recorder.start(kStart);
  for (std::uint64_t i = 0; i < 11; ++i) recorder.request(request(i));
  const Timeline timeline = recorder.take();
  EXPECT_THAT(numbers(timeline), ElementsAre(0, 1, 2, 8, 9, 10));
  EXPECT_EQ(timeline.left_out, 5U);
}

TEST(TimelineRecorder, BeginsAgainAfterTake) {
  TimelineRecorder recorder({.requests = 2, .spans = 2, .events = 2});
  recorder.start(kStart);
  for (std::uint64_t i = 0; i < 5; ++i) recorder.request(request(i));
  recorder.take();
  recorder.request(request(7));
  recorder.request(request(8));
  const Timeline timeline = recorder.take();
  EXPECT_THAT(numbers(timeline), ElementsAre(7, 8));
  EXPECT_EQ(timeline.left_out, 0U);
}

TEST(TimelineRecorder, OrdersEventsByTimeHoweverTheyCome) {
  TimelineRecorder recorder;
  recorder.start(kStart);
  recorder.event({kStart + milliseconds(9), "switched", "ov:CPU", "faster", 700.0});
  recorder.event({kStart - milliseconds(2), "compiling", "ov:CPU", "is being compiled", {}});
  const Timeline timeline = recorder.take();
  ASSERT_EQ(timeline.events.size(), 2U);
  EXPECT_EQ(timeline.events[0].kind, "compiling");
  EXPECT_EQ(timeline.events[0].at, -milliseconds(2));
  EXPECT_EQ(timeline.events[1].inferences_per_second, 700.0);
}

TEST(TimelineRecorder, TakesRecordsOfManyThreads) {
  constexpr std::uint64_t kEach = 2000;
  TimelineRecorder recorder({.requests = 4 * kEach, .spans = kEach, .events = 10});
  recorder.start(kStart);
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&recorder, t] {
        const std::string name = "source-" + std::to_string(t);
        for (std::uint64_t i = 0; i < kEach; ++i) {
          recorder.request(request(i));
          recorder.span({name, "decode", i, kStart, kStart + milliseconds(1)});
        }
      });
  }
  const Timeline timeline = recorder.take();
  EXPECT_EQ(timeline.requests.size(), 4 * kEach);
  EXPECT_EQ(timeline.spans.size(), kEach);
  EXPECT_EQ(timeline.left_out, 3 * kEach);
  EXPECT_EQ(timeline.threads.size(), 4U);
}

}  // namespace
}  // namespace inflight
