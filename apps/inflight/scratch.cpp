#include "scratch.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <system_error>
#include <utility>
#include <vector>

namespace inflight::app {
namespace {

namespace fs = std::filesystem;

std::mutex mutex;
std::vector<fs::path> folders;  // guarded by mutex

void remove_folder(const fs::path& folder) {
  std::error_code ignored;  // what cannot be removed is left to the system
  fs::remove_all(folder, ignored);
}

}  // namespace

Result<Scratch> Scratch::make() {
  std::error_code error;
  fs::path parent = fs::temp_directory_path(error);
  std::string name = (parent / "inflight-XXXXXX").string();
  std::lock_guard lock(mutex);
  if (error || mkdtemp(name.data()) == nullptr)
    return fail(ErrorCode::unwritable_output,
                fmt::format("no temporary folder can be made ({}); set TMPDIR to a folder that you may write to",
                            error ? error.message() : std::generic_category().message(errno)));
  return Scratch(folders.emplace_back(name));
}

Scratch::Scratch(Scratch&& other) noexcept : path_(std::exchange(other.path_, {})) {}

Scratch::~Scratch() {
  if (path_.empty()) return;
  std::lock_guard lock(mutex);
  remove_folder(path_);
  std::erase(folders, path_);
}

fs::path Scratch::in_place_of(const std::string& output) const {
  return path_ / (output == "-" ? "standard-output.mkv" : fs::path(output).filename());
}

void remove_scratch() noexcept {
  std::lock_guard lock(mutex);
  for (const fs::path& folder : folders) remove_folder(folder);
}

}  // namespace inflight::app
