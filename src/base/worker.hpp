// A thread with a name and an owner.
#pragma once

#include <pthread.h>

#include <functional>
#include <string>
#include <utility>

#include "inflight/result.hpp"

namespace inflight {

/// Runs `body` on a thread of its own; the destructor waits for it to return. The name (the first 15 letters)
/// is what debuggers, `top -H` and traces show. Its stack is large enough for an engine that compiles or infers on it,
/// however small the system's own are.
class Worker {
 public:
  /// Errors: device_unusable: the system gives no further thread.
  static Result<Worker> start(std::string name, std::function<void()> body);

  /// The same for those who cannot return an error: throws std::system_error.
  Worker(std::string name, std::function<void()> body);
  Worker(Worker&& other) noexcept : thread_(other.thread_), running_(std::exchange(other.running_, false)) {}
  Worker& operator=(Worker&&) = delete;
  ~Worker();

 private:
  Worker() = default;
  /// 0, or an errno.
  int begin(std::string name, std::function<void()> body);

  pthread_t thread_{};
  bool running_ = false;
};

}  // namespace inflight
