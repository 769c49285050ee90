#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>

#include "example_timeline.hpp"
#include "json.hpp"
#include "usage.hpp"

namespace inflight::report {
namespace {

using testing::HasSubstr;
using testing::UnorderedElementsAre;

class ChromeTrace : public ::testing::Test {
 protected:
  std::filesystem::path path_ =
      std::filesystem::path(::testing::TempDir()) /
      (std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()) + ".json");
  void TearDown() override { std::filesystem::remove(path_); }

  /// What was written, after a check that it is JSON.
  Json trace(const Timeline& timeline) {
    const Result<void> written = write_chrome_trace(timeline, path_);
    EXPECT_TRUE(written) << (written ? "" : written.error().message);
    return Json::parse(std::ifstream(path_))["traceEvents"];
  }
};

/// The names of what viewers call processes, by how many slices they hold.
std::map<std::string, int> slices_of(const Json& events) {
  std::map<int, std::string> kinds;
  std::map<std::string, int> slices;
  for (const Json& event : events)
    if (event["name"] == "process_name") kinds[event["pid"]] = event["args"]["name"];
  for (const Json& event : events)
    if (event["ph"] == "X") ++slices[kinds.at(event["pid"])];
  return slices;
}

TEST_F(ChromeTrace, HasTracksForThreadsRequestsAndDevices) {
  const Json events = trace(example_timeline());
  EXPECT_EQ(slices_of(events), (std::map<std::string, int>{{"threads", 3}, {"requests", 3}, {"devices", 3}}));
  std::multiset<std::string> tracks;
  for (const Json& event : events)
    if (event["name"] == "thread_name") tracks.insert(event["args"]["name"]);
  EXPECT_THAT(tracks, UnorderedElementsAre("feed", "request 0", "request 1", "ort:CPU", "ort:CPU", "ov:CPU"))
      << "two requests ran on ort:CPU at once";
}

TEST_F(ChromeTrace, HasATrackForBatches) {
  Timeline timeline = example_timeline();
  for (TimelineRequest& request : timeline.requests) request.batch = 2;
  const Json events = trace(timeline);
  EXPECT_EQ(slices_of(events)["batches"], 2);
}

TEST_F(ChromeTrace, TellsMicroseconds) {
  for (const Json& event : trace(example_timeline())) {
    if (event["ph"] != "X" || event["name"] != "#2") continue;
    EXPECT_EQ(event["ts"], 31000.0);
    EXPECT_EQ(event["dur"], 4000.0);
  }
}

TEST_F(ChromeTrace, HasEventsAsInstants) {
  int instants = 0;
  for (const Json& event : trace(example_timeline())) {
    if (event["ph"] != "i") continue;
    ++instants;
    EXPECT_EQ(event["name"], "ov:CPU switched");
    EXPECT_EQ(event["ts"], 30000.0);
    EXPECT_EQ(event["args"]["text"], "faster");
  }
  EXPECT_EQ(instants, 1);
}

TEST_F(ChromeTrace, BeginsNoEarlierThanZero) {
  Timeline timeline = example_timeline();
  timeline.events.push_back({-milliseconds(1500), "compiling", "", "ov:CPU", {}});
  for (const Json& event : trace(timeline)) EXPECT_GE(event.value("ts", 0.0), 0) << event;
}

TEST_F(ChromeTrace, SurvivesAnyName) {
  Timeline timeline = example_timeline();
  timeline.devices[0] = "quote \" backslash \\ newline \n bytes \xff";
  timeline.threads[0] = "</script>";
  EXPECT_FALSE(trace(timeline).empty());
}

TEST_F(ChromeTrace, WritesAnEmptyTimeline) { EXPECT_EQ(slices_of(trace({})).size(), 0U); }

TEST_F(ChromeTrace, OfAHundredThousandRequestsTakesLessThanTwoSeconds) {
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "sanitizers make it ten times slower";
#endif
  Timeline timeline = example_timeline();
  const TimelineRequest one = timeline.requests[0];
  timeline.requests.assign(100'000, one);
  for (std::size_t i = 0; i < timeline.requests.size(); ++i) {
    TimelineRequest& request = timeline.requests[i];
    request.number = i;
    request.lane = static_cast<std::uint32_t>(i % 16);
    request.submitted = microseconds(100 * i);
    request.completed = request.submitted + microseconds(1600);
  }
  const Duration begin = thread_cpu_time();  // whatever else the machine does
  ASSERT_TRUE(write_chrome_trace(timeline, path_));
  const Duration took = thread_cpu_time() - begin;
  EXPECT_LT(took, std::chrono::seconds(2));
  RecordProperty("milliseconds", static_cast<int>(to_ms(took)));
}

TEST_F(ChromeTrace, SaysWhereItCannotBeWritten) {
  const Result<void> written = write_chrome_trace(example_timeline(), "/proc/inflight/trace.json");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::unwritable_output);
  EXPECT_THAT(written.error().message, HasSubstr("/proc/inflight/trace.json"));
}

TEST_F(ChromeTrace, SaysWhereTheDiskIsFull) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "there is no /dev/full";
  const Result<void> written = write_chrome_trace(example_timeline(), "/dev/full");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::output_failed);
}

}  // namespace
}  // namespace inflight::report
