#include "signals.hpp"

#include <pthread.h>
#include <unistd.h>

namespace inflight::app {
namespace {

constexpr int kGiveUpAfter = 3;
constexpr int kInterruptedExit = 130;  // as shells report a process ended by SIGINT

sigset_t watched() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

}  // namespace

void block_signals() {
  sigset_t set = watched();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);  // a reader that goes away is a failed write, with a message
}

SignalWatch::SignalWatch(std::function<void(int)> on_signal) : on_signal_(std::move(on_signal)), signals_(watched()) {
  block_signals();
  thread_ = std::thread([this] { watch(); });
}

SignalWatch::~SignalWatch() {
  ending_ = true;
  pthread_kill(thread_.native_handle(), SIGTERM);  // wakes sigwait
  thread_.join();
}

void SignalWatch::watch() {
  for (int count = 1;; ++count) {
    int signal = 0;
    if (sigwait(&signals_, &signal) != 0 || ending_) return;
    if (count >= kGiveUpAfter) _exit(kInterruptedExit);
    on_signal_(count);
  }
}

}  // namespace inflight::app
