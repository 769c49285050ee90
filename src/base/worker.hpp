// A thread with a name and an owner.
#pragma once

#include <functional>
#include <string>
#include <thread>

namespace inflight {

/// Runs `body` on a thread of its own; the destructor waits for it to return. The name (the first 15 letters)
/// is what debuggers, `top -H` and traces show.
class Worker {
 public:
  Worker(std::string name, std::function<void()> body);
  Worker(Worker&&) noexcept = default;
  Worker& operator=(Worker&&) = delete;
  ~Worker();

 private:
  std::thread thread_;
};

}  // namespace inflight
