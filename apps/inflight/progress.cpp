#include "progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "console.hpp"

namespace inflight::app {
namespace {

std::string clock_time(double seconds) {
  auto whole = static_cast<long>(seconds + 0.5);
  return whole >= 3600 ? fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60)
                       : fmt::format("{}:{:02}", whole / 60, whole % 60);
}

std::string bar(double share) {
  constexpr int kWidth = 30;
  int filled = std::clamp(static_cast<int>(share * kWidth), 0, kWidth);
  std::string text;
  for (int i = 0; i < kWidth; ++i) text += i < filled ? "█" : "░";
  return text;
}

std::string describe(const Progress& p, bool with_bar) {
  std::string rate = fmt::format("{:.1f} FPS", p.frames_per_second);
  if (p.expected == 0) return fmt::format("{} frames, {}, {}", p.done, rate, clock_time(to_seconds(p.elapsed)));
  double share = static_cast<double>(p.done) / static_cast<double>(p.expected);
  std::uint64_t left = p.expected > p.done ? p.expected - p.done : 0;
  std::string eta = p.frames_per_second > 0 ? clock_time(static_cast<double>(left) / p.frames_per_second) : "?";
  return fmt::format("{}{}/{} frames ({:.0f} %), {}, {} left", with_bar ? bar(share) + " " : "", p.done, p.expected,
                     100 * share, rate, eta);
}

}  // namespace

ProgressDisplay::ProgressDisplay(const Pipeline& pipeline, bool quiet)
    : pipeline_(pipeline), terminal_(isatty(STDERR_FILENO) == 1) {
  if (!quiet) thread_ = std::thread([this] { run(); });
}

ProgressDisplay::~ProgressDisplay() {
  if (!thread_.joinable()) return;
  {
    std::lock_guard lock(mutex_);
    ending_ = true;
  }
  ended_.notify_one();
  thread_.join();
  if (terminal_) draw(true);
}

void ProgressDisplay::run() {
  auto interval = terminal_ ? std::chrono::milliseconds(200) : std::chrono::milliseconds(5000);
  std::unique_lock lock(mutex_);
  while (!ended_.wait_for(lock, interval, [this] { return ending_; })) draw(false);
}

void ProgressDisplay::draw(bool last) const {
  std::string text = describe(pipeline_.progress(), terminal_);
  if (terminal_)
    text = "\r\x1b[K" + text + (last ? "\n" : "");
  else
    text += '\n';
  tell_text(text);
}

}  // namespace inflight::app
