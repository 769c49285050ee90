// Which file a path leads to, whatever leads there: links, other spellings, a folder that is not there yet.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <utility>

namespace inflight::app {

/// Where a path leads. Never fails: what cannot be examined is told by its name.
struct FilePlace {
  std::filesystem::path path{};                       ///< absolute, links followed
  std::optional<std::pair<dev_t, ino_t>> existing{};  ///< the file or folder that is there
  bool shareable = false;                             ///< a device, a pipe, a socket: nothing there is overwritten
};

/// `path`: "-" is standard output.
FilePlace place_of(const std::filesystem::path& path);

/// Whether who writes to one overwrites the other.
bool is_same_file(const FilePlace& a, const FilePlace& b);

}  // namespace inflight::app
