// The program that a model lives in, as a process of its own.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

#include "channel.hpp"

namespace inflight {

/// $INFLIGHT_MODEL_PROCESS, else inflight-model beside the engines' plugins, else beside the running program.
/// Errors: device_unusable, naming where was looked.
Result<std::filesystem::path> find_model_program();

/// Owned by the thread that starts it, which must live as long: the system lets the process go with that thread.
class ChildProcess {
 public:
  /// `arguments` are for people who list processes. Errors: device_unusable.
  static Result<ChildProcess> start(const std::filesystem::path& program, std::vector<std::string> arguments);

  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess() { end(); }

  const Channel& channel() const noexcept { return channel_; }
  pid_t id() const noexcept { return id_; }

  /// Ends it, unless it has ended itself, and says how it did: "was killed by signal 11 (Segmentation fault)".
  std::string end();

 private:
  ChildProcess(FileDescriptor socket, pid_t id) noexcept : channel_(std::move(socket)), id_(id) {}

  Channel channel_;
  pid_t id_;  // 0: it has ended
};

}  // namespace inflight
