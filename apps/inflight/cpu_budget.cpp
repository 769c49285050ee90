#include "cpu_budget.hpp"

#include <fmt/format.h>
#include <sched.h>

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

}  // namespace inflight::app
