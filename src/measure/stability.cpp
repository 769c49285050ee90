#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "inflight/measure.hpp"

namespace inflight {
namespace {

constexpr double kTolerance = 0.1;

/// How far the farthest value lies from the mean of all, as a share of it.
template <class Value>
double deviation(const std::vector<LoadWindow>& windows, Value value) {
  double mean = 0;
  for (const LoadWindow& window : windows) mean += value(window) / static_cast<double>(windows.size());
  double farthest = 0;
  for (const LoadWindow& window : windows) farthest = std::max(farthest, std::abs(value(window) - mean));
  return mean > 0 ? farthest / mean : 0;
}

}  // namespace

Stability judge(const std::vector<LoadWindow>& windows) {
  auto too_few = [](const LoadWindow& window) { return window.count < 3; };
  if (windows.size() < 3 || std::ranges::any_of(windows, too_few))
    return {false, "not known: the run was too short for three windows; give it more time"};
  double speed = deviation(windows, [](const LoadWindow& w) { return w.per_second(); });
  double latency = deviation(windows, [](const LoadWindow& w) { return w.mean_latency_ms; });
  std::string what = fmt::format("throughput within {:.1f} %, mean latency within {:.1f} % over three windows",
                                 100 * speed, 100 * latency);
  bool stable = speed <= kTolerance && latency <= kTolerance;
  if (!stable) what += ", more than 10 %: the machine was busy, or still warming up; run it longer, or again";
  return {stable, what};
}

}  // namespace inflight
