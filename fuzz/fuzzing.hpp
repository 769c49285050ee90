// What fuzz targets share. A target is one function; what it finds wrong, it says and aborts.
#pragma once

#include <fuzzer/FuzzedDataProvider.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

namespace inflight::fuzzing {

/// Ends the run where `holds` is false; libFuzzer then keeps the input.
inline void require(bool holds, std::string_view what) {
  if (holds) return;
  static_cast<void>(std::fprintf(stderr, "does not hold: %.*s\n", static_cast<int>(what.size()), what.data()));
  std::abort();
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// One line for people, without an end of its own.
inline bool is_message(const std::string& text) { return !text.empty() && text.find('\n') == std::string::npos; }

/// A file that lies in memory, for readers that want a path.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view content) : file_(memfd_create("fuzz", MFD_CLOEXEC)) {
    require(file_ >= 0 && write(file_, content.data(), content.size()) == static_cast<ssize_t>(content.size()),
            "a file in memory can be made");
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() { close(file_); }

  std::filesystem::path path() const { return "/proc/self/fd/" + std::to_string(file_); }

 private:
  int file_;
};

}  // namespace inflight::fuzzing

/// What libFuzzer calls, again and again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
