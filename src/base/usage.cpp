#include "usage.hpp"

#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <optional>
#include <thread>

#include "cgroup.hpp"

namespace inflight {
namespace {

Duration read_clock(clockid_t id) noexcept {
  timespec t{};
  clock_gettime(id, &t);
  return std::chrono::seconds(t.tv_sec) + Duration(t.tv_nsec);
}

}  // namespace

Duration thread_cpu_time() noexcept { return read_clock(CLOCK_THREAD_CPUTIME_ID); }
Duration process_cpu_time() noexcept { return read_clock(CLOCK_PROCESS_CPUTIME_ID); }

double peak_rss_mb() noexcept {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;  // Linux counts it in KiB
}

int available_cores() noexcept {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  int cores = sched_getaffinity(0, sizeof mask, &mask) == 0 ? CPU_COUNT(&mask)
                                                            : static_cast<int>(std::thread::hardware_concurrency());
  if (std::optional<double> quota = cpu_quota("/proc/self/cgroup", "/sys/fs/cgroup"))
    cores = std::min(cores, static_cast<int>(std::ceil(*quota)));
  return std::max(1, cores);
}

}  // namespace inflight
