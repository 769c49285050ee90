// Memory that two processes see.
#pragma once

#include <cstddef>
#include <span>

#include "file_descriptor.hpp"
#include "inflight/result.hpp"

namespace inflight {

/// Zeroed when it is made, and of one size for as long as it lives: the other process cannot pull it away from under
/// this one. Gone once both have let it go. Move-only; empty by default.
class SharedMemory {
 public:
  /// Errors: device_unusable, where the system gives none.
  static Result<SharedMemory> create(std::size_t bytes);
  /// Maps memory that the other process sent. Errors: invalid_argument (it is smaller, or its size is not sealed),
  /// device_unusable.
  static Result<SharedMemory> open(FileDescriptor file, std::size_t bytes);

  SharedMemory() noexcept = default;
  SharedMemory(SharedMemory&& other) noexcept
      : file_(std::move(other.file_)), bytes_(std::exchange(other.bytes_, {})) {}
  SharedMemory& operator=(SharedMemory&& other) noexcept {
    std::swap(file_, other.file_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;
  ~SharedMemory();

  std::span<std::byte> bytes() const noexcept { return bytes_; }
  /// To be sent to the other process.
  int file() const noexcept { return file_.get(); }

 private:
  FileDescriptor file_;
  std::span<std::byte> bytes_;
};

}  // namespace inflight
