// What Linux tells under /proc, for those who look at a run while it goes on.
#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

#include "inflight/clock.hpp"

namespace inflight {

/// How long each processor that this process may use has been busy since the system started, whoever kept it so, by
/// its number. Empty where the system does not tell.
std::map<int, Duration> core_busy_times();

/// Of the processes that this one has started and that are alive.
struct ChildUsage {
  Duration cpu_time{0};
  double peak_rss_mb = 0;  ///< each with its own peak, added up
};
ChildUsage child_usage();

/// Processor time by the name of the thread, over all threads of this process there have been since the first look.
/// One thread at a time.
class ThreadTimes {
 public:
  const std::map<std::string, Duration>& look();

 private:
  struct Thread {
    std::string name;
    Duration time{0};
  };
  std::map<pid_t, Thread> threads_;  // those that ended too: their time does not go away
  std::map<std::string, Duration> by_name_;
};

}  // namespace inflight
