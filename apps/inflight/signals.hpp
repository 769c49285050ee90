// Ctrl-C, SIGTERM, and SIGHUP: the terminal was closed.
#pragma once

#include <csignal>
#include <functional>
#include <mutex>
#include <thread>

namespace inflight::app {

/// While it lives, a signal ends the process at once, after `before_exit` and without what would be left behind
/// (scratch folders, empty outputs): nothing is lost while nothing is being written. A run that writes handles signals
/// itself, with `handle`. Construct it before any other thread starts: they inherit the blocked signals, so that only
/// this one takes them.
class SignalWatch {
 public:
  explicit SignalWatch(std::function<void()> before_exit);
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

  using Handler = std::function<void(int)>;

  /// While it lives, its handler is called. After it, signals are ignored: the run's results are being written.
  class Handling {
   public:
    explicit Handling(SignalWatch& watch) : watch_(watch) {}
    ~Handling() {
      watch_.set([](int) {});
    }
    Handling(const Handling&) = delete;
    Handling& operator=(const Handling&) = delete;

   private:
    SignalWatch& watch_;
  };

  /// `on_signal(n)` runs for the n-th signal (from 1) on a thread of its own; the third ends the process at once.
  [[nodiscard]] Handling handle(Handler on_signal) {
    set(std::move(on_signal));
    return Handling(*this);
  }

 private:
  void set(Handler handler);
  void watch();
  bool pass_on(int signal);

  const std::function<void()> before_exit_;
  sigset_t signals_{};
  std::mutex mutex_;
  Handler handler_;      // guarded by mutex_; empty: end the process
  int handled_ = 0;      // guarded by mutex_; signals that the handler was told of
  bool ending_ = false;  // guarded by mutex_
  std::thread thread_;   // last: it uses all the others
};

}  // namespace inflight::app
