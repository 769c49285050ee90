#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "example_runs.hpp"
#include "example_timeline.hpp"
#include "html.hpp"
#include "series.hpp"

namespace inflight::report {
namespace {

using testing::DoubleNear;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;

/// 100 ms apart: 50 frames per second, then twice as many.
RunReport sampled_run(int samples = 21) {
  RunReport report;
  report.summary = example_run();
  report.samples.stages = {"decode", "infer"};
  report.samples.cores = {0, 3};
  report.samples.threads = {"feed"};
  for (int i = 0; i < samples; ++i) {
    RunSample sample;
    sample.at = milliseconds(100 * i);
    sample.emitted = static_cast<std::uint64_t>(i <= 10 ? 5 * i : 50 + 10 * (i - 10));
    sample.stages = {milliseconds(20 * i), milliseconds(100 * i)};
    sample.cores = {milliseconds(100 * i), milliseconds(30 * i)};
    if (i >= 5) sample.threads = {milliseconds(25 * (i - 5))};
    sample.requests = 5;
    sample.in_flight = 3;
    report.samples.samples.push_back(sample);
  }
  return report;
}

Chart chart_of(const RunReport& report, const std::string& title) {
  for (Chart& chart : charts_over_time(report))
    if (chart.title.starts_with(title)) return chart;
  ADD_FAILURE() << "no chart " << title;
  return {};
}

TEST(RunPage, HasEveryNumberThatTheTextHas) {
  RunReport report = sampled_run();
  std::string html = to_html(to_page(report));
  std::istringstream lines(to_text(report.summary));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    for (std::string word; words >> word;) {
      const bool number = word.find_first_of("0123456789") != std::string::npos;
      EXPECT_TRUE(!number || html.find(escaped(word)) != std::string::npos) << word << " of: " << line;
    }
  }
}

TEST(RunPage, TellsWhyARunFailed) {
  RunReport report;
  report.summary = failed_run("the disk is full");
  EXPECT_THAT(to_html(to_page(report)), HasSubstr("the disk is full"));
}

TEST(RunPage, StandsWithoutSamplesAndFrames) {
  const RunReport nothing;
  EXPECT_FALSE(to_page(nothing).sections.empty());
}

TEST(RunPage, OfATimelineBeginsWithIt) {
  const Page page = to_page(sampled_run(), example_timeline());
  EXPECT_TRUE(std::holds_alternative<TimelineChart>(page.sections.front()));
}

TEST(Series, TellFramesPerSecond) {
  const Chart chart = chart_of(sampled_run(), "Frames per second");
  ASSERT_EQ(chart.series[0].y.size(), 20U);
  EXPECT_THAT(chart.series[0].y.front(), DoubleNear(50, 1e-6));
  EXPECT_THAT(chart.series[0].y.back(), DoubleNear(100, 1e-6));
  EXPECT_THAT(chart.series[0].x.front(), DoubleNear(0.1, 1e-9));
}

TEST(Series, MarkTheSwitchOfADevice) {
  RunReport report = sampled_run();
  report.summary.events = {{milliseconds(900), "switched", "faster", "ov:CPU", {}},
                           {milliseconds(100), "compiling", "", "ov:CPU", {}}};
  const Chart chart = chart_of(report, "Frames per second");
  ASSERT_EQ(chart.markers.size(), 1U);
  EXPECT_EQ(chart.markers[0].x, 0.9);
}

TEST(Series, CountInferenceByExecutionStreams) {
  const Chart chart = chart_of(sampled_run(), "Stages");
  EXPECT_THAT(chart.series[0].y, Each(DoubleNear(20, 1e-6)));
  EXPECT_THAT(chart.series[1].y, Each(DoubleNear(50, 1e-6))) << "two streams";
}

TEST(Series, NameTheCoresThatTheProcessMayUse) {
  const Chart chart = chart_of(sampled_run(), "Processor cores");
  ASSERT_EQ(chart.series.size(), 2U);
  EXPECT_EQ(chart.series[1].name, "core 3");
  EXPECT_THAT(chart.series[1].y, Each(DoubleNear(30, 1e-6)));
}

TEST(Series, SumManyCoresUp) {
  RunReport report = sampled_run();
  for (int core = 0; core < 64; ++core) report.samples.cores.push_back(core + 4);
  for (RunSample& sample : report.samples.samples) sample.cores.resize(66);
  EXPECT_EQ(chart_of(report, "Processor cores").series.size(), 3U);
}

TEST(Series, BeginAThreadAtZeroThatCameLater) {
  const Chart chart = chart_of(sampled_run(), "Processor time of");
  EXPECT_THAT(chart.series[0].y.front(), DoubleNear(0, 1e-6));
  EXPECT_THAT(chart.series[0].y.back(), DoubleNear(25, 1e-6));
}

TEST(Series, ShowLostFramesOnlyWhereThereAreSome) {
  RunReport report = sampled_run();
  const auto has_lost = [&] {
    return std::ranges::any_of(charts_over_time(report),
                               [](const Chart& c) { return c.title.starts_with("Frames dropped"); });
  };
  EXPECT_FALSE(has_lost());
  report.samples.samples.back().dropped = 2;
  EXPECT_TRUE(has_lost());
}

TEST(Series, CountEveryFrameInTheHistogramOnce) {
  Histogram times;
  for (int i = 1; i <= 1000; ++i) times.record(microseconds(i * i));
  const std::vector<Chart> charts = charts_of_latency(times);
  double sum = 0;
  for (const double y : charts[0].series[0].y) sum += y;
  EXPECT_EQ(sum, 1000);
  EXPECT_TRUE(std::ranges::is_sorted(charts[1].series[0].x));
  EXPECT_EQ(charts[1].series[0].y.back(), 100);
  EXPECT_TRUE(charts_of_latency(Histogram{}).empty());
}

TEST(Machine, TellsItsCores) { EXPECT_GE(this_machine().cores, 1); }

}  // namespace
}  // namespace inflight::report
