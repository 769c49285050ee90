#include "long_command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <mutex>

#include "console.hpp"

namespace inflight::app {

std::string rough_time(double seconds) {
  constexpr double kMinute = 60, kHour = 3600;
  if (seconds < 10) return fmt::format("{:.0f} s", std::max(1.0, std::ceil(seconds)));
  if (seconds < 1.5 * kMinute) return fmt::format("{:.0f} s", 5 * std::ceil(seconds / 5));
  if (seconds < 1.5 * kHour) return fmt::format("{:.0f} min", std::ceil(seconds / kMinute));
  const auto tens = static_cast<long>(std::ceil(seconds / (10 * kMinute)));
  return tens % 6 == 0 ? fmt::format("{} h", tens / 6) : fmt::format("{} h {} min", tens / 6, 10 * (tens % 6));
}

void tell_length(const Options& options, const std::string& what, const std::string& length) {
  if (options.quiet) return;
  tell("inflight: {}: {}; Ctrl-C ends it with what is known by then\n", what, length);
}

void Interruption::answer_known() {
  if (handling_) return;
  auto end = [this](int count) {
    if (count == 1) tell("\ninflight: interrupted; this is what is known so far\n");
    stop_.request_stop();
  };
  handling_.reset(new SignalWatch::Handling(signals_.handle(end)));
}

bool Interruption::wait(double seconds) const {
  std::mutex mutex;
  std::condition_variable_any interrupted;
  std::unique_lock lock(mutex);
  // Only a signal wakes it early: there is nothing else to wait for.
  return !interrupted.wait_for(lock, stop_.get_token(), std::chrono::duration<double>(seconds),
                               [this] { return stop_.stop_requested(); });
}

}  // namespace inflight::app
