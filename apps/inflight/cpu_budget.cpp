#include "cpu_budget.hpp"

#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <cmath>

namespace inflight::app {

Result<void> limit_processors(int count) {
  int available = available_cores();
  if (count > available)
    return fail(ErrorCode::invalid_argument,
                fmt::format("--cpus {}: this process may use {} processors; name at most that", count, available));
  cpu_set_t mine, chosen;
  CPU_ZERO(&mine);
  CPU_ZERO(&chosen);
  if (sched_getaffinity(0, sizeof mine, &mine) != 0)
    return fail(ErrorCode::invalid_argument, fmt::format("--cpus {}: the system does not tell its processors", count));
  for (int cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&chosen) < count; ++cpu)
    if (CPU_ISSET(cpu, &mine)) CPU_SET(cpu, &chosen);
  if (sched_setaffinity(0, sizeof chosen, &chosen) == 0) return {};
  return fail(ErrorCode::invalid_argument, fmt::format("--cpus {}: the system refuses it", count));
}

std::vector<double> shares_of(const std::vector<std::optional<double>>& costs) {
  double all = 0;
  const auto sharing = std::ranges::count_if(costs, [](const auto& cost) { return cost.has_value(); });
  for (const std::optional<double>& cost : costs) all += cost.value_or(0);
  std::vector<double> shares;
  for (const std::optional<double>& cost : costs) {
    if (!cost)
      shares.push_back(0);
    else
      shares.push_back(all > 0 ? *cost / all : 1.0 / static_cast<double>(sharing));
  }
  return shares;
}

int streams_for(double share, int cores) noexcept {
  constexpr double kTolerance = 0.05;  // a little over a whole core is not worth another stream
  return std::clamp(static_cast<int>(std::ceil(share * cores - kTolerance)), 1, cores);
}

}  // namespace inflight::app
