#include "worker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <system_error>

namespace inflight {
namespace {

/// Engines compile and infer on our threads. Containers and shells with `ulimit -s` give new ones as little as 512 KiB.
constexpr std::size_t kLeastStack = std::size_t{2} << 20;

struct Task {
  std::string name;
  std::function<void()> body;
};

void* run(void* argument) {
  std::unique_ptr<Task> task(static_cast<Task*>(argument));
  constexpr std::size_t kLongestThreadName = 15;  // of Linux
  pthread_setname_np(pthread_self(), task->name.substr(0, kLongestThreadName).c_str());
  task->body();
  return nullptr;
}

}  // namespace

Result<Worker> Worker::start(std::string name, std::function<void()> body) {
  Worker worker;
  std::string thread = name;
  int error = worker.begin(std::move(name), std::move(body));
  if (error == 0) return worker;
  return fail(ErrorCode::device_unusable,
              fmt::format("the thread {} could not be started: {}; allow this program more threads (ulimit -u, a "
                          "container's limit of pids) or more memory",
                          thread, std::strerror(error)));
}

Worker::Worker(std::string name, std::function<void()> body) {
  int error = begin(std::move(name), std::move(body));
  if (error != 0) throw std::system_error(error, std::generic_category(), "a thread could not be started");
}

Worker::~Worker() {
  if (running_) pthread_join(thread_, nullptr);
}

int Worker::begin(std::string name, std::function<void()> body) {
  auto task = std::make_unique<Task>(Task{std::move(name), std::move(body)});
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  std::size_t stack = 0;
  pthread_attr_getstacksize(&attributes, &stack);
  pthread_attr_setstacksize(&attributes, std::max(stack, kLeastStack));
  int error = pthread_create(&thread_, &attributes, run, task.get());
  pthread_attr_destroy(&attributes);
  if (error == 0) (void)task.release();  // the thread's now
  running_ = error == 0;
  return error;
}

}  // namespace inflight
