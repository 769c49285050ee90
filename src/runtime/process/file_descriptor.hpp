// An open file of the system, closed by its owner.
#pragma once

#include <unistd.h>

#include <utility>

namespace inflight {

/// Owns a descriptor. Move-only; empty by default.
class FileDescriptor {
 public:
  FileDescriptor() noexcept = default;
  explicit FileDescriptor(int file) noexcept : file_(file) {}
  FileDescriptor(FileDescriptor&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(file_, other.file_);
    return *this;
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor() {
    if (file_ >= 0) close(file_);
  }

  explicit operator bool() const noexcept { return file_ >= 0; }
  int get() const noexcept { return file_; }

 private:
  int file_ = -1;
};

}  // namespace inflight
