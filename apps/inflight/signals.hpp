// Ctrl-C and SIGTERM: the first asks for a clean close, the second drops what waits, the third ends at once.
#pragma once

#include <atomic>
#include <csignal>
#include <functional>
#include <thread>

namespace inflight::app {

/// While it lives, `on_signal(n)` runs for the n-th signal (from 1) on a thread of its own. Construct it before
/// any other thread starts: they inherit the blocked signals, so that only this one takes them.
class SignalWatch {
 public:
  explicit SignalWatch(std::function<void(int)> on_signal);
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

 private:
  void watch();

  std::function<void(int)> on_signal_;
  sigset_t signals_{};
  std::atomic<bool> ending_ = false;
  std::thread thread_;
};

/// Blocks the signals that a SignalWatch takes, in this thread and in those it starts from now on.
void block_signals();

}  // namespace inflight::app
