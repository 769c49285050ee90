// Bytes into a file, a pipe or a terminal, with every failure noticed.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "inflight/result.hpp"

namespace inflight::media {

/// Collects what is written to a file; hands it on at once to anything that someone may be watching (a pipe, a
/// terminal). Not thread-safe.
class OutputFile {
 public:
  /// Creates or empties `path`; "-" is standard output. Errors: unwritable_output.
  static Result<OutputFile> open(const std::filesystem::path& path);

  OutputFile(OutputFile&& other) noexcept;
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  OutputFile& operator=(OutputFile&&) = delete;
  ~OutputFile();

  /// Errors, of all three: output_failed, naming the path. A full disk may show only in flush() or close().
  Result<void> write(std::string_view bytes);
  Result<void> flush();
  /// Standard output stays open.
  Result<void> close();

  /// Whether it is handed on at once.
  bool is_watched() const noexcept { return watched_; }

 private:
  OutputFile(std::filesystem::path path, int descriptor);
  Error failed(int code) const;

  std::filesystem::path path_;
  int descriptor_;
  bool watched_;
  std::string pending_;
};

/// Whether a write failed since the disk is full, or the file or its owner has all that it may have.
bool is_no_room(int code);

/// What to say where `path` cannot be created.
Error unwritable(const std::filesystem::path& path, int code);

}  // namespace inflight::media
