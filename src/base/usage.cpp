#include "usage.hpp"

#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <thread>

namespace inflight {
namespace {

Duration read_clock(clockid_t id) noexcept {
  timespec t{};
  clock_gettime(id, &t);
  return std::chrono::seconds(t.tv_sec) + Duration(t.tv_nsec);
}

/// The quota of a version 2 group and of those above it, in processors; nullopt: no limit.
std::optional<double> cgroup_v2_quota() {
  // "0::/system.slice/camera.service": a service's own group; "0::/" where a container sees its group as the root.
  std::string group;
  std::ifstream groups("/proc/self/cgroup");
  while (std::getline(groups, group) && !group.starts_with("0::")) {
  }
  std::optional<double> least;
  for (std::filesystem::path path = group.starts_with("0::/") ? group.substr(4) : "";; path = path.parent_path()) {
    double quota = 0;  // "max 100000" does not read as a number, which is right
    double period = 0;
    std::ifstream(std::filesystem::path("/sys/fs/cgroup") / path / "cpu.max") >> quota >> period;
    if (quota > 0 && period > 0) least = std::min(least.value_or(quota / period), quota / period);
    if (path.empty()) return least;
  }
}

/// What CFS lets this process use, whichever version of cgroups is mounted; nullopt: no limit.
std::optional<double> cgroup_quota() {
  if (std::optional<double> quota = cgroup_v2_quota()) return quota;
  double v1_quota = -1;
  double period = 0;
  std::ifstream("/sys/fs/cgroup/cpu/cpu.cfs_quota_us") >> v1_quota;
  std::ifstream("/sys/fs/cgroup/cpu/cpu.cfs_period_us") >> period;
  if (v1_quota <= 0 || period <= 0) return std::nullopt;
  return v1_quota / period;
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
  if (std::optional<double> quota = cgroup_quota()) cores = std::min(cores, static_cast<int>(std::ceil(*quota)));
  return std::max(1, cores);
}

}  // namespace inflight
