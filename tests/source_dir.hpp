// Where the tests' files lie. Told by the environment and not by the compiler, so that a compiler cache may share the
// objects of one test between clones of the repository.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

namespace inflight {

/// The repository's folder: $INFLIGHT_SOURCE_DIR, which ctest sets; without it, the current folder.
inline std::string source_dir() {
  const char* told = std::getenv("INFLIGHT_SOURCE_DIR");
  return told ? told : std::filesystem::current_path().string();
}

/// FILE, relative to the repository's folder, as a full path; a full path stays what it is.
inline std::string source_file(const std::string& file) {
  return (std::filesystem::path(source_dir()) / file).string();
}

}  // namespace inflight
