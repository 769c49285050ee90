#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "inflight/report.hpp"

namespace inflight {
namespace {

using namespace std::chrono_literals;

/// The same definition as Histogram::percentile, over the values themselves; whole percents need no rounding.
Duration exact_percentile(std::vector<Duration> values, std::size_t percent) {
  std::sort(values.begin(), values.end());
  return values[(percent * values.size() + 99) / 100 - 1];
}

Histogram histogram_of(const std::vector<Duration>& values) {
  Histogram histogram;
  for (const Duration value : values) histogram.record(value);
  return histogram;
}

/// Random durations, evenly spread over the orders of magnitude from `shortest` to `longest`.
std::vector<Duration> random_durations(unsigned seed, std::size_t count, Duration shortest, Duration longest) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> exponent(std::log(static_cast<double>(shortest.count())),
                                                  std::log(static_cast<double>(longest.count())));
  std::vector<Duration> values(count);
  for (Duration& value : values) value = Duration{static_cast<Duration::rep>(std::exp(exponent(random)))};
  return values;
}

TEST(Histogram, SaysNothingWhenEmpty) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0U);
  EXPECT_EQ(histogram.mean(), 0ns);
  EXPECT_EQ(histogram.min(), 0ns);
  EXPECT_EQ(histogram.max(), 0ns);
  EXPECT_EQ(histogram.percentile(0.5), 0ns);
  EXPECT_EQ(histogram.percentile(1), 0ns);
}

TEST(Histogram, GivesASingleValueBackExactlyAtEveryPercentile) {
  const Histogram histogram = histogram_of({12'345'679ns});
  for (const double share : {0.001, 0.5, 0.99, 1.0}) EXPECT_EQ(histogram.percentile(share), 12'345'679ns) << share;
}

TEST(Histogram, StaysWithinItsErrorOfExactPercentilesOfRandomValues) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    const auto values = random_durations(seed, 1 + seed * 97, 1us, 4h);
    const Histogram histogram = histogram_of(values);
    for (std::size_t percent = 1; percent <= 100; ++percent) {
      const auto exact = static_cast<double>(exact_percentile(values, percent).count());
      const auto found = static_cast<double>(histogram.percentile(static_cast<double>(percent) / 100).count());
      ASSERT_LE(std::abs(found - exact), exact / 256) << "seed " << seed << ", p" << percent;
    }
  }
}

TEST(Histogram, IsExactBelowAQuarterOfAMicrosecond) {
  const auto values = random_durations(7, 500, 1ns, 255ns);
  const Histogram histogram = histogram_of(values);
  for (std::size_t percent = 1; percent <= 100; ++percent) {
    EXPECT_EQ(histogram.percentile(static_cast<double>(percent) / 100), exact_percentile(values, percent)) << percent;
  }
}

TEST(Histogram, KeepsItsErrorAtTheEdgesOfEveryPowerOfTwo) {
  for (int bits = 1; bits < 44; ++bits) {
    for (const int offset : {-1, 0, 1}) {
      const Duration value{(std::int64_t{1} << bits) + offset};
      // Neighbours on both sides, so that clamping to minimum and maximum cannot hide an error.
      const Histogram histogram = histogram_of({0ns, value, 5h});
      const auto error = std::abs(static_cast<double>((histogram.percentile(0.5) - value).count()));
      ASSERT_LE(error, static_cast<double>(value.count()) / 256) << value.count() << " ns";
    }
  }
}

TEST(Histogram, NeverReportsAPercentileOutsideMinimumAndMaximum) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    const Histogram histogram = histogram_of(random_durations(seed, 3, 1ms, 1'004us));
    for (const double share : {0.0, 0.01, 0.34, 0.5, 0.67, 0.99, 1.0, 2.0, std::nan("")}) {
      EXPECT_GE(histogram.percentile(share), histogram.min()) << seed;
      EXPECT_LE(histogram.percentile(share), histogram.max()) << seed;
    }
  }
}

TEST(Histogram, KeepsTheMaximumTheMinimumAndTheMeanExact) {
  const auto values = random_durations(3, 1000, 1us, 4h);
  const Histogram histogram = histogram_of(values);
  Duration sum{0};
  for (const Duration value : values) sum += value;
  EXPECT_EQ(histogram.max(), *std::max_element(values.begin(), values.end()));
  EXPECT_EQ(histogram.min(), *std::min_element(values.begin(), values.end()));
  EXPECT_EQ(histogram.percentile(1), histogram.max());
  EXPECT_NEAR(to_seconds(histogram.mean()), to_seconds(sum) / 1000, 1e-6);
}

TEST(Histogram, DoesNotRoundARankUpThatIsAWholeNumber) {
  std::vector<Duration> values;
  for (int i = 1; i <= 100; ++i) values.push_back(Duration{i});
  const Histogram histogram = histogram_of(values);
  // 0.07 · 100 and a few others come out above the whole number in doubles.
  for (int percent = 1; percent <= 100; ++percent) {
    EXPECT_EQ(histogram.percentile(percent / 100.0), Duration{percent}) << percent;
  }
}

TEST(Histogram, MergesIntoWhatOneHistogramOfAllValuesWouldBe) {
  const auto all = random_durations(11, 999, 10us, 1min);
  Histogram merged = histogram_of({all.begin(), all.begin() + 500});
  merged.merge(histogram_of({all.begin() + 500, all.end()}));
  merged.merge(Histogram{});
  Histogram into_empty;
  into_empty.merge(merged);

  const Histogram whole = histogram_of(all);
  for (const Histogram* histogram : {&merged, &into_empty}) {
    EXPECT_EQ(histogram->count(), whole.count());
    EXPECT_EQ(histogram->min(), whole.min());
    EXPECT_EQ(histogram->max(), whole.max());
    EXPECT_EQ(histogram->mean(), whole.mean());
    for (const double share : {0.01, 0.5, 0.9, 0.99}) EXPECT_EQ(histogram->percentile(share), whole.percentile(share));
  }
}

TEST(Histogram, CountsNegativeDurationsAsZero) {
  const Histogram histogram = histogram_of({-5ms, 1ms});
  EXPECT_EQ(histogram.min(), 0ns);
  EXPECT_EQ(histogram.percentile(0.5), 0ns);
  EXPECT_EQ(histogram.mean(), 500us);
}

TEST(Histogram, SurvivesTheLongestDurationThereIs) {
  constexpr Duration kLongest{std::numeric_limits<Duration::rep>::max()};
  const Histogram histogram = histogram_of({kLongest, kLongest, kLongest});
  EXPECT_EQ(histogram.max(), kLongest);
  EXPECT_EQ(histogram.mean(), kLongest);
  EXPECT_EQ(histogram.percentile(0.5), kLongest);
}

TEST(LatencySummary, GivesPercentilesInMilliseconds) {
  Histogram histogram;
  for (int i = 1; i <= 100; ++i) histogram.record(i * 1ms);
  const LatencySummary latency = summarise(histogram);
  EXPECT_NEAR(latency.p50, 50, 50.0 / 256);
  EXPECT_NEAR(latency.p90, 90, 90.0 / 256);
  EXPECT_NEAR(latency.p95, 95, 95.0 / 256);
  EXPECT_NEAR(latency.p99, 99, 99.0 / 256);
  EXPECT_EQ(latency.max, 100);
}

TEST(FrameCounts, AddUpWhenEveryFrameEndedOnce) {
  FrameCounts frames{.read = 10, .emitted = 5, .dropped = {{"stopped", 2}, {"too late", 1}}, .failed = {{"engine", 2}}};
  EXPECT_EQ(frames.total_dropped(), 3U);
  EXPECT_EQ(frames.total_failed(), 2U);
  EXPECT_TRUE(frames.adds_up());
  frames.read = 11;
  EXPECT_FALSE(frames.adds_up());
}

TEST(Histogram, CountsWhatIsAsFast) {
  Histogram histogram;
  for (int ms : {1, 2, 3, 10}) histogram.record(std::chrono::milliseconds(ms));
  EXPECT_EQ(histogram.count_up_to(Duration{0}), 0U);
  EXPECT_EQ(histogram.count_up_to(std::chrono::microseconds(2500)), 2U);
  EXPECT_EQ(histogram.count_up_to(std::chrono::milliseconds(10)), 4U);
  EXPECT_EQ(histogram.count_up_to(std::chrono::hours(5)), 4U);
  EXPECT_EQ(histogram.sum(), std::chrono::milliseconds(16));
}

TEST(Histogram, FitsOnAnyStack) { EXPECT_LT(sizeof(Histogram), 128U); }

}  // namespace
}  // namespace inflight
