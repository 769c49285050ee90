// What the system lets this process use of its processors, besides which ones.
#pragma once

#include <filesystem>
#include <optional>

namespace inflight {

/// The quota of this process's group and of those above it, in processors, whichever version of cgroups is mounted;
/// nullopt: no limit. `groups`: /proc/self/cgroup; `mount`: /sys/fs/cgroup.
std::optional<double> cpu_quota(const std::filesystem::path& groups, const std::filesystem::path& mount);

}  // namespace inflight
