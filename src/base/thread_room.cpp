#include "thread_room.hpp"

#include <atomic>
#include <cerrno>
#include <cstring>
#include <vector>

#include "worker.hpp"

namespace inflight {

Result<void> check_threads(int count) {
  std::atomic<bool> over = false;
  std::vector<Worker> held;
  Result<void> all;
  while (all && held.size() < static_cast<std::size_t>(count)) {
    Result<Worker> one = Worker::start("trial", [&over] { over.wait(false); });
    if (one)
      held.push_back(std::move(*one));
    else
      all = fail(std::move(one.error()));
  }
  over = true;
  over.notify_all();
  return all;
}

std::string with_thread_remedy(std::string problem) {
  if (problem.find(std::strerror(EAGAIN)) == std::string::npos) return problem;
  return problem + "; allow this program more threads (ulimit -u, a container's limit of pids) or more memory";
}

}  // namespace inflight
