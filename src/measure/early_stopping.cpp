#include <algorithm>
#include <cmath>

#include "inflight/measure.hpp"

namespace inflight {
namespace {

/// P[X ≤ most] for X ~ Binomial(n, p): its terms from `most` downwards, each from the one before, until they no
/// longer count.
double binomial_cdf(std::uint64_t most, std::uint64_t n, double p) {
  if (most >= n) return 1;
  const auto count = static_cast<double>(n);
  auto k = static_cast<double>(most);
  double term = std::exp(std::lgamma(count + 1) - std::lgamma(k + 1) - std::lgamma(count - k + 1) + k * std::log(p) +
                         (count - k) * std::log1p(-p));
  double sum = term;
  for (; k > 0 && term > sum * 1e-12; --k) sum += term *= k * (1 - p) / ((count - k + 1) * p);
  return std::min(1.0, sum);
}

}  // namespace

std::optional<std::uint64_t> allowed_over_latency(std::uint64_t queries, double share) {
  constexpr double kDoubt = 0.01;  // 1 − the confidence that MLPerf asks for
  auto passes = [&](std::uint64_t over) { return binomial_cdf(over, queries, 1 - share) <= kDoubt; };
  if (queries == 0 || !passes(0)) return std::nullopt;
  // What is expected fails, as its probability is about a half; so the answer lies below.
  std::uint64_t low = 0, high = static_cast<std::uint64_t>(static_cast<double>(queries) * (1 - share)) + 1;
  while (high - low > 1) {
    std::uint64_t middle = low + (high - low) / 2;
    (passes(middle) ? low : high) = middle;
  }
  return low;
}

std::optional<double> known_percentile_ms(const Histogram& latency, double share) {
  if (share >= 1) return latency.count() > 0 ? std::optional(to_ms(latency.max())) : std::nullopt;
  if (!allowed_over_latency(latency.count(), share)) return std::nullopt;
  return to_ms(latency.percentile(share));
}

}  // namespace inflight
