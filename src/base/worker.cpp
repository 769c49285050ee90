#include "worker.hpp"

#include <pthread.h>

namespace inflight {

Worker::Worker(std::string name, std::function<void()> body)
    : thread_([name = std::move(name), body = std::move(body)] {
        constexpr std::size_t kLongestThreadName = 15;  // of Linux
        pthread_setname_np(pthread_self(), name.substr(0, kLongestThreadName).c_str());
        body();
      }) {}

Worker::~Worker() {
  if (thread_.joinable()) thread_.join();
}

}  // namespace inflight
