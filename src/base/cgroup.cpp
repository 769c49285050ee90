#include "cgroup.hpp"

#include <algorithm>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>

namespace inflight {
namespace {

namespace fs = std::filesystem;

/// Whether `list`, "cpu,cpuacct", has `name`.
bool has(const std::string& list, const std::string& name) {
  std::istringstream words(list);
  for (std::string word; std::getline(words, word, ',');)
    if (word == name) return true;
  return false;
}

/// Of lines like "0::/system.slice/camera.service" (version 2) and "4:cpu,cpuacct:/camera" (version 1) the group; "/"
/// where a container sees its group as the root.
std::optional<fs::path> group_of(const fs::path& groups, const std::function<bool(const std::string&)>& of) {
  std::ifstream lines(groups);
  for (std::string line; std::getline(lines, line);) {
    std::size_t first = line.find(':'), second = line.find(":/", first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    if (of(line.substr(first + 1, second - first - 1))) return line.substr(second + 2);
  }
  return std::nullopt;
}

/// In processors. "max 100000" does not read as a number, and -1 is none: no limit.
std::optional<double> in_processors(std::istream& quota, std::istream& period) {
  double allowed = 0, of = 0;
  quota >> allowed;
  period >> of;
  return allowed > 0 && of > 0 ? std::optional(allowed / of) : std::nullopt;
}

std::optional<double> quota_v2(const fs::path& group) {
  std::ifstream both(group / "cpu.max");
  return in_processors(both, both);
}

std::optional<double> quota_v1(const fs::path& group) {
  std::ifstream quota(group / "cpu.cfs_quota_us"), period(group / "cpu.cfs_period_us");
  return in_processors(quota, period);
}

/// The least of a group and of all above it. A container may see only the top of its own.
std::optional<double> least(const fs::path& root, fs::path group, std::optional<double> (*quota)(const fs::path&)) {
  std::optional<double> found;
  for (;; group = group.parent_path()) {
    if (std::optional<double> one = quota(root / group)) found = std::min(found.value_or(*one), *one);
    if (group.empty()) return found;
  }
}

}  // namespace

std::optional<double> cpu_quota(const fs::path& groups, const fs::path& mount) {
  fs::path v2 = group_of(groups, [](const std::string& controllers) { return controllers.empty(); }).value_or("");
  if (std::optional<double> quota = least(mount, v2, quota_v2)) return quota;
  fs::path v1 = group_of(groups, [](const std::string& controllers) { return has(controllers, "cpu"); }).value_or("");
  for (const char* controller : {"cpu", "cpu,cpuacct", "cpuacct,cpu"})  // links to each other as a rule
    if (std::optional<double> quota = least(mount / controller, v1, quota_v1)) return quota;
  return std::nullopt;
}

}  // namespace inflight
