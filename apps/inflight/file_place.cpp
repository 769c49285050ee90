#include "file_place.hpp"

#include <sys/stat.h>

#include <system_error>

namespace inflight::app {
namespace {

namespace fs = std::filesystem;

/// Also of what is not there yet, and through links that lead nowhere yet.
fs::path destination(const fs::path& path) {
  constexpr int kMostLinks = 40;  // as Linux
  std::error_code error;
  fs::path whole = fs::absolute(path, error);
  if (error) whole = path;
  for (int links = 0; links < kMostLinks; ++links) {
    fs::path found = fs::weakly_canonical(whole, error);
    if (!error) whole = found;
    fs::path target = fs::read_symlink(whole, error);
    if (error) break;
    whole = whole.parent_path() / target;
  }
  return whole.lexically_normal();
}

}  // namespace

FilePlace place_of(const fs::path& path) {
  FilePlace place;
  place.path = path == "-" ? "/dev/stdout" : path;
  struct stat found{};
  if (stat(place.path.c_str(), &found) == 0) {
    place.existing.emplace(found.st_dev, found.st_ino);
    place.shareable = !S_ISREG(found.st_mode) && !S_ISDIR(found.st_mode);
  } else {
    place.path = destination(place.path);
  }
  return place;
}

bool is_same_file(const FilePlace& a, const FilePlace& b) {
  if (a.shareable || b.shareable) return false;
  if (a.existing || b.existing) return a.existing == b.existing;
  return a.path == b.path;
}

}  // namespace inflight::app
