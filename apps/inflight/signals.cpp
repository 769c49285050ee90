#include "signals.hpp"

#include <pthread.h>
#include <unistd.h>

#include "outputs.hpp"
#include "scratch.hpp"

namespace inflight::app {
namespace {

constexpr int kGiveUpAfter = 3;
constexpr int kExitBySignal = 128;  // plus the signal: what shells report of a process that a signal ended

bool is_ignored(int signal) {
  struct sigaction before{};
  return sigaction(signal, nullptr, &before) == 0 && before.sa_handler == SIG_IGN;
}

sigset_t watched() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  if (!is_ignored(SIGHUP)) sigaddset(&set, SIGHUP);  // under nohup, a closed terminal ends nothing
  return set;
}

}  // namespace

SignalWatch::SignalWatch(std::function<void()> before_exit)
    : before_exit_(std::move(before_exit)), signals_(watched()) {
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  thread_ = std::thread([this] { watch(); });
}

SignalWatch::~SignalWatch() {
  {
    std::lock_guard lock(mutex_);
    ending_ = true;
  }
  pthread_kill(thread_.native_handle(), SIGTERM);  // wakes sigwait
  thread_.join();
}

void SignalWatch::set(Handler handler) {
  std::lock_guard lock(mutex_);
  handler_ = std::move(handler);
}

void SignalWatch::watch() {
  int signal = 0;
  while (sigwait(&signals_, &signal) == 0 && pass_on(signal)) {
  }
}

/// False when the watch is over. The handler runs under the lock, so that what it refers to outlives the call.
bool SignalWatch::pass_on(int signal) {
  std::lock_guard lock(mutex_);
  if (ending_) return false;
  if (!handler_ || ++handled_ >= kGiveUpAfter) {
    before_exit_();
    remove_scratch();
    remove_unused_outputs();
    _exit(kExitBySignal + signal);
  }
  handler_(handled_);
  return true;
}

}  // namespace inflight::app
