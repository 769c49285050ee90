#include "proc.hpp"

#include <gtest/gtest.h>

#include <future>

#include "usage.hpp"
#include "worker.hpp"

namespace inflight {
namespace {

void compute_for(Duration time) {
  for (const Duration begin = thread_cpu_time(); thread_cpu_time() - begin < time;) {
  }
}

TEST(ThreadTimes, TellTheTimeOfThreadsByTheirNames) {
  ThreadTimes times;
  if (times.look().empty()) GTEST_SKIP() << "this kernel does not tell the processor time of threads";
  const auto of = [&](const std::string& name) {
    const auto found = times.look().find(name);
    return found == times.look().end() ? Duration{0} : found->second;
  };
  std::promise<void> computed, looked;
  Worker worker("busy-thread", [&] {
    compute_for(std::chrono::milliseconds(20));
    computed.set_value();
    looked.get_future().wait();
  });
  computed.get_future().wait();
  EXPECT_GE(of("busy-thread"), std::chrono::milliseconds(15));
  looked.set_value();
}

TEST(ThreadTimes, KeepTheTimeOfThreadsThatEnded) {
  ThreadTimes times;
  if (times.look().empty()) GTEST_SKIP() << "this kernel does not tell the processor time of threads";
  Duration before{0};
  {
    std::promise<void> computed, looked;
    Worker worker("short-lived", [&] {
      compute_for(std::chrono::milliseconds(5));
      computed.set_value();
      looked.get_future().wait();
    });
    computed.get_future().wait();
    before = times.look().at("short-lived");
    looked.set_value();
  }
  EXPECT_GE(times.look().at("short-lived"), before);
}

TEST(CoreBusyTimes, AreThoseOfTheCoresThisProcessMayUse) {
  const std::map<int, Duration> before = core_busy_times();
  if (before.empty()) GTEST_SKIP() << "this system does not tell how busy its cores are";
  EXPECT_GE(static_cast<int>(before.size()), available_cores());
  const std::map<int, Duration> after = core_busy_times();
  for (const auto& [core, time] : before) EXPECT_GE(after.at(core), time) << core;
}

}  // namespace
}  // namespace inflight
