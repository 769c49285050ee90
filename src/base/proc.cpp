#include "proc.hpp"

#include <sched.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace inflight {
namespace {

/// A line of /proc/stat: "cpu3 user nice system idle iowait irq softirq steal …", in clock ticks.
std::pair<int, Duration> parse_core(const std::string& line) {
  std::istringstream words(line.substr(3));
  int core = -1;
  long user = 0, nice = 0, system = 0, idle = 0, waiting = 0, irq = 0, softirq = 0, steal = 0;
  words >> core >> user >> nice >> system >> idle >> waiting >> irq >> softirq >> steal;
  static const long ticks_per_second = sysconf(_SC_CLK_TCK);
  const long busy = user + nice + system + irq + softirq + steal;
  return {core, std::chrono::nanoseconds(std::chrono::seconds(busy)) / ticks_per_second};
}

bool may_use(int core, const cpu_set_t& mask) { return core >= 0 && core < CPU_SETSIZE && CPU_ISSET(core, &mask); }

/// Nanoseconds to the first blank; 0 where the kernel does not count them, or where the thread has just ended.
Duration time_of(const std::filesystem::path& task) {
  Duration::rep ns = 0;
  std::ifstream(task / "schedstat") >> ns;
  return Duration(ns);
}

std::string name_of(const std::filesystem::path& task) {
  std::string name;
  std::getline(std::ifstream(task / "comm"), name);
  return name;
}

}  // namespace

std::map<int, Duration> core_busy_times() {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  if (sched_getaffinity(0, sizeof mask, &mask) != 0) return {};
  std::map<int, Duration> times;
  std::ifstream stat("/proc/stat");
  for (std::string line; std::getline(stat, line) && line.starts_with("cpu");) {
    if (line.starts_with("cpu ")) continue;  // all of them together
    const auto [core, busy] = parse_core(line);
    if (may_use(core, mask)) times[core] = busy;
  }
  return times;
}

namespace {

/// User and system time are the 14th and the 15th word of /proc/PID/stat; the second is a name that may hold anything.
Duration cpu_time_of(const std::filesystem::path& process) {
  std::string line;
  std::getline(std::ifstream(process / "stat"), line);
  const std::size_t name_end = line.rfind(')');
  if (name_end == std::string::npos) return Duration{0};
  std::istringstream words(line.substr(name_end + 1));
  std::string skipped;
  for (int i = 3; i < 14; ++i) words >> skipped;
  long user = 0, system = 0;
  words >> user >> system;
  static const long ticks_per_second = sysconf(_SC_CLK_TCK);
  return std::chrono::nanoseconds(std::chrono::seconds(user + system)) / ticks_per_second;
}

double peak_rss_of(const std::filesystem::path& process) {
  std::ifstream status(process / "status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) return std::strtod(line.c_str() + 6, nullptr) / 1024;
  return 0;
}

}  // namespace

ChildUsage child_usage() {
  ChildUsage sum;
  std::error_code ignored;  // no /proc: nothing is told
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task", ignored)) {
    std::ifstream children(task.path() / "children");
    for (std::string child; children >> child;) {
      const std::filesystem::path process = std::filesystem::path("/proc") / child;
      sum.cpu_time += cpu_time_of(process);
      sum.peak_rss_mb += peak_rss_of(process);
    }
  }
  return sum;
}

const std::map<std::string, Duration>& ThreadTimes::look() {
  std::error_code ignored;  // no /proc: nothing is told
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task", ignored)) {
    const std::string file = task.path().filename();
    pid_t id = 0;
    std::from_chars(file.data(), file.data() + file.size(), id);
    auto [thread, is_new] = threads_.try_emplace(id);
    if (is_new) thread->second.name = name_of(task.path());
    const Duration time = time_of(task.path());
    if (time <= thread->second.time) continue;
    by_name_[thread->second.name] += time - thread->second.time;
    thread->second.time = time;
  }
  return by_name_;
}

}  // namespace inflight
