#include <fmt/format.h>
#include <sys/utsname.h>

#include <fstream>

#include "inflight/detail/joined.hpp"
#include "inflight/report.hpp"
#include "usage.hpp"

namespace inflight {
namespace {

/// The rest of the first line of `file` that begins with `key`, after the `separator`; empty where there is none.
std::string value_of(const char* file, const std::string& key, char separator) {
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(key)) continue;
    const std::size_t begin = line.find_first_not_of(" \t\"", line.find(separator) + 1);
    const std::size_t end = line.find_last_not_of(" \t\"");
    return begin == std::string::npos ? "" : line.substr(begin, end + 1 - begin);
  }
  return {};
}

double kilobytes(const std::string& text) { return text.empty() ? 0 : std::strtod(text.c_str(), nullptr); }

}  // namespace

Machine this_machine() {
  Machine machine;
  machine.cpu = value_of("/proc/cpuinfo", "model name", ':');
  machine.cores = available_cores();
  machine.memory_gb = kilobytes(value_of("/proc/meminfo", "MemTotal", ':')) / (1 << 20);
  machine.system = value_of("/etc/os-release", "PRETTY_NAME", '=');
  utsname kernel{};
  if (uname(&kernel) == 0) detail::join(machine.system, ", ", fmt::format("{} {}", kernel.sysname, kernel.release));
  return machine;
}

}  // namespace inflight
