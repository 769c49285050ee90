#include "unreadable.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <system_error>

namespace inflight::media {
namespace fs = std::filesystem;
namespace {

std::string missing(const fs::path& path) {
  std::error_code ignored;
  const std::string& name = path.native();
  bool number = !name.empty() && std::ranges::all_of(name, [](unsigned char c) { return std::isdigit(c) != 0; });
  if (number) return fmt::format("no such file; a camera is called /dev/video{}", name);
  return fmt::format("no such file; check the path (looked in {})", fs::absolute(path, ignored).parent_path().string());
}

/// The first folder on the way that must not be passed through; empty where there is none.
fs::path closed_folder(const fs::path& path) {
  std::error_code ignored;
  fs::path folder;
  for (const fs::path& part : fs::absolute(path, ignored).parent_path()) {
    folder /= part;
    if (::access(folder.c_str(), X_OK) != 0 && errno == EACCES) return folder;
  }
  return {};
}

std::string forbidden(const fs::path& path) {
  fs::path folder = closed_folder(path);
  if (folder.empty()) return "no permission to read it; change that, or copy it";
  return fmt::format("no permission to look into the folder {}; change that (x for folders), or copy it",
                     folder.string());
}

}  // namespace

std::string why_unreadable(const fs::path& path, int code) {
  switch (code) {
    case ENOENT:
    case ENOTDIR:
      return missing(path);
    case EACCES:
    case EPERM:
      return forbidden(path);
    case EMFILE:
    case ENFILE:
      return "too many files are open already; allow more (`ulimit -n`), or read fewer sources at once";
    case ENAMETOOLONG:
      return "the name is too long; check it, or rename the file";
    case ELOOP:
      return "its links lead in a circle; check them";
    default:
      return std::generic_category().message(code) + "; check the path, and copy the file if its disk fails";
  }
}

}  // namespace inflight::media
