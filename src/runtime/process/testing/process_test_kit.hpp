// What the tests of PROCESS share: how to find the processes of models and end them, and what was told.
#pragma once

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "inflight/await.hpp"
#include "inflight/engine.hpp"
#include "mutex.hpp"

namespace inflight {

/// The processes that this one has started and that have not ended; what has ended and was not asked about is none.
inline std::vector<pid_t> child_processes() {
  std::vector<pid_t> children;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    std::ifstream file(entry.path() / "stat");
    std::stringstream text;
    text << file.rdbuf();
    std::string line = text.str();
    std::size_t name_end = line.rfind(')');
    if (name_end == std::string::npos) continue;
    char state = 0;
    pid_t parent = 0;
    std::istringstream(line.substr(name_end + 1)) >> state >> parent;
    if (parent == getpid() && state != 'Z') children.push_back(std::stoi(entry.path().filename()));
  }
  return children;
}

/// Precondition: there is one process, that of the model.
inline pid_t the_process() {
  std::vector<pid_t> children = child_processes();
  EXPECT_EQ(children.size(), 1U);
  return children.empty() ? 0 : children.front();
}

/// As the system, or a bug of an engine, would.
inline void end_process(pid_t process, int signal = SIGKILL) {
  if (process > 0) kill(process, signal);
}

/// Events as they are told, on whatever thread.
class ToldEvents {
 public:
  std::function<void(const DeviceEvent&)> listener() {
    return [this](const DeviceEvent& event) {
      MutexLock lock(mutex_);
      all_.push_back(event);
      changed_.notify_all();
    };
  }
  /// Waits for the `count`th of a kind. Given up, a model tells nothing more: that fails the test.
  DeviceEvent wait_for(const std::string& kind, int count = 1) {
    MutexLock lock(mutex_);
    while (true) {
      int seen = 0;
      for (const DeviceEvent& event : all_)
        if (event.kind == kind && ++seen == count) return event;
      if (!all_.empty() && all_.back().text.find("not started again") != std::string::npos) {
        ADD_FAILURE() << all_.back().text;
        return all_.back();
      }
      changed_.wait(lock);
    }
  }
  std::vector<DeviceEvent> all() {
    MutexLock lock(mutex_);
    return all_;
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  std::vector<DeviceEvent> all_ INFLIGHT_GUARDED_BY(mutex_);
};

/// A model of small pictures in a process of its own; `description` as after "sim:".
class ProcessTest : public testing::Test {
 protected:
  Result<std::shared_ptr<CompiledModel>> compile(const std::string& description) {
    CompileOptions options;
    options.on_event = events.listener();
    return compile_model("some.model", "PROCESS:sim:input=1x3x8x8,rows=1," + description, options);
  }
  void make(const std::string& description) {
    auto compiled = compile(description);
    ASSERT_TRUE(compiled) << compiled.error().message;
    model = std::move(*compiled);
  }
  std::unique_ptr<InferRequest> create() const { return model->create_request().value(); }

  static void fill(InferRequest& request, int value) {
    for (std::byte& b : request.input(0)->as_bytes()) b = static_cast<std::byte>(value);
  }
  static std::vector<float> rows(InferRequest& request) {
    auto output = request.output(0).value().as<float>();
    return {output.begin(), output.end()};
  }
  /// What the same simulated model gives without a process.
  static std::vector<float> expected_rows(int value) {
    auto plain = compile_model("some.model", "sim:input=1x3x8x8,rows=1").value();
    auto request = plain->create_request().value();
    fill(*request, value);
    EXPECT_TRUE(infer(*request));
    return rows(*request);
  }

  ToldEvents events;
  std::shared_ptr<CompiledModel> model;
};

}  // namespace inflight
