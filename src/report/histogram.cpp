// Log-linear buckets, as in HdrHistogram: constant relative error, constant memory, and recording costs a shift
// and an addition, so that every frame can be measured.
#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>

#include "inflight/report.hpp"

namespace inflight {
namespace {

/// The 1-based rank of the value that at least `share` of `count` values do not exceed.
std::uint64_t nearest_rank(double share, std::uint64_t count) noexcept {
  // 0.07 · 100 is a little above 7 in doubles; without the slack its ceiling would be 8.
  constexpr double kSlack = 1 - 2 * std::numeric_limits<double>::epsilon();
  const double rank = std::ceil(share * static_cast<double>(count) * kSlack);
  if (!(rank > 1)) return 1;
  return rank < static_cast<double>(count) ? static_cast<std::uint64_t>(rank) : count;
}

}  // namespace

std::size_t Histogram::bucket_of(Duration value) noexcept {
  const auto ns = static_cast<std::uint64_t>(value.count());
  // The lowest kSubBits + 1 significant bits choose the bucket; the rest is rounded down.
  const int shift = std::max(0, static_cast<int>(std::bit_width(ns)) - (kSubBits + 1));
  const std::size_t bucket = (static_cast<std::size_t>(shift) << kSubBits) + (ns >> shift);
  return std::min(bucket, kBuckets - 1);
}

Duration Histogram::middle_of(std::size_t bucket) noexcept {
  // The first two powers of two share a width of 1 ns: their buckets hold one value each.
  constexpr std::size_t kSubBuckets = std::size_t{1} << kSubBits;
  if (bucket < 2 * kSubBuckets) return Duration{static_cast<Duration::rep>(bucket)};
  const std::size_t shift = (bucket >> kSubBits) - 1;
  const std::size_t low = (kSubBuckets + bucket % kSubBuckets) << shift;
  return Duration{static_cast<Duration::rep>(low + (std::size_t{1} << shift) / 2)};
}

void Histogram::record(Duration value) noexcept {
  value = std::max(value, Duration{0});
  min_ = count_ > 0 ? std::min(min_, value) : value;
  max_ = std::max(max_, value);
  sum_ns_ += static_cast<double>(value.count());
  ++buckets_[bucket_of(value)];
  ++count_;
}

void Histogram::merge(const Histogram& other) noexcept {
  if (other.count_ == 0) return;
  min_ = count_ > 0 ? std::min(min_, other.min_) : other.min_;
  max_ = std::max(max_, other.max_);
  sum_ns_ += other.sum_ns_;
  count_ += other.count_;
  for (std::size_t i = 0; i < kBuckets; ++i) buckets_[i] += other.buckets_[i];
}

Duration Histogram::mean() const noexcept {
  if (count_ == 0) return Duration{0};
  const double mean = sum_ns_ / static_cast<double>(count_);
  // Rounding must not carry the mean past the largest value, nor past what a Duration holds.
  if (mean >= static_cast<double>(max_.count())) return max_;
  return Duration{static_cast<Duration::rep>(std::llround(mean))};
}

std::uint64_t Histogram::count_up_to(Duration value) const noexcept {
  if (value >= max_) return count_;
  if (value < min_) return 0;
  const auto last = static_cast<std::ptrdiff_t>(bucket_of(value));
  return std::accumulate(buckets_.begin(), buckets_.begin() + last + 1, std::uint64_t{0});
}

Duration Histogram::percentile(double share) const noexcept {
  const std::uint64_t rank = nearest_rank(share, count_);
  // The last rank is the maximum, which is known exactly.
  if (rank >= count_) return max_;
  std::uint64_t passed = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    passed += buckets_[i];
    if (passed >= rank) return std::clamp(middle_of(i), min_, max_);
  }
  return max_;
}

LatencySummary summarise(const Histogram& histogram) noexcept {
  const auto at = [&](double share) { return to_ms(histogram.percentile(share)); };
  return {.p50 = at(0.50), .p90 = at(0.90), .p95 = at(0.95), .p99 = at(0.99), .max = to_ms(histogram.max())};
}

}  // namespace inflight
