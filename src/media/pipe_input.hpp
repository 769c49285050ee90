// Standard input and named pipes for libavformat, whose own reading of them nobody can interrupt.
#pragma once

#include <memory>
#include <string>

#include "av_support.hpp"
#include "inflight/result.hpp"

namespace inflight::media {

/// Is `path` a pipe, so that it can only be read forward and may keep its reader waiting?
bool is_pipe(const std::string& path);

/// One thread reads; interrupt() may come from another.
class PipeInput {
 public:
  /// What comes in by standard input. It can be had once, for what was read is gone. Errors: unreadable_input.
  static Result<std::unique_ptr<PipeInput>> from_standard_input(AVIOInterruptCB stop);
  /// The named pipe `path`. Waits for nobody to write to it. Errors: unreadable_input.
  static Result<std::unique_ptr<PipeInput>> open(const std::string& path, AVIOInterruptCB stop);

  PipeInput(const PipeInput&) = delete;
  PipeInput& operator=(const PipeInput&) = delete;
  ~PipeInput();

  /// Where libavformat reads. It belongs to this object, which must live longer than who reads it.
  AVIOContext* io() noexcept { return io_; }
  /// Ends a read that waits, and every later one. Thread-safe.
  void interrupt() noexcept;

 private:
  PipeInput(int descriptor, int interrupted, AVIOInterruptCB stop);
  static Result<std::unique_ptr<PipeInput>> over(int descriptor, const std::string& name, AVIOInterruptCB stop);
  static int read(void* self, std::uint8_t* to, int size) noexcept;
  bool await() const noexcept;

  const int descriptor_;
  const int interrupted_;  // an eventfd, so that waiting for it and for bytes is one
  const AVIOInterruptCB stop_;
  AVIOContext* io_ = nullptr;
};

}  // namespace inflight::media
