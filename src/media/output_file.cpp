#include "output_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace inflight::media {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kBuffer = std::size_t{64} * 1024;
constexpr mode_t kMode = 0666;

std::string reason(int code) { return std::generic_category().message(code); }

/// Nobody waits for the next line of a plain file; behind a pipe or a terminal somebody does.
bool is_regular(int descriptor) {
  struct stat about{};
  return ::fstat(descriptor, &about) == 0 && S_ISREG(about.st_mode);
}

fs::path nearest_existing(fs::path path) {
  std::error_code ignored;
  while (path.has_parent_path() && !fs::exists(path, ignored)) path = path.parent_path();
  return fs::exists(path, ignored) ? path : fs::path(".");
}

/// What is in the way of creating `path`, and what to do about it.
std::string obstacle(const fs::path& path, int code) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) return "it is a folder; name a file in it";
  if (fs::exists(path, ignored)) return reason(code) + "; choose another path or change its permissions";
  fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  fs::path there = nearest_existing(folder);
  if (!fs::is_directory(there, ignored)) return there.string() + " is not a folder; choose another path";
  if (there != folder && !fs::exists(folder, ignored))
    return fmt::format("the folder {} does not exist; create it", folder.string());
  return fmt::format("the folder {} does not take it: {}; choose another one or change its permissions",
                     folder.string(), reason(code));
}

}  // namespace

bool is_no_room(int code) { return code == ENOSPC || code == EFBIG || code == EDQUOT; }

Error unwritable(const fs::path& path, int code) {
  return {ErrorCode::unwritable_output, fmt::format("{}: cannot be written: {}", path.string(), obstacle(path, code))};
}

Result<OutputFile> OutputFile::open(const fs::path& path) {
  if (path == "-") return OutputFile(path, STDOUT_FILENO);
  int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kMode);
  if (descriptor < 0) return fail(unwritable(path, errno));
  return OutputFile(path, descriptor);
}

OutputFile::OutputFile(fs::path path, int descriptor)
    : path_(std::move(path)), descriptor_(descriptor), watched_(!is_regular(descriptor)) {
  pending_.reserve(kBuffer);
}

OutputFile::OutputFile(OutputFile&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      watched_(other.watched_),
      pending_(std::move(other.pending_)) {}

OutputFile::~OutputFile() { (void)close(); }  // who cares about the outcome has called close() before

Result<void> OutputFile::write(std::string_view bytes) {
  if (pending_.size() + bytes.size() > kBuffer) {
    if (auto ok = flush(); !ok) return ok;
  }
  pending_.append(bytes);
  return watched_ ? flush() : Result<void>();
}

Result<void> OutputFile::flush() {
  std::string_view rest = pending_;
  while (!rest.empty()) {
    ssize_t written = ::write(descriptor_, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      int code = written < 0 ? errno : ENOSPC;  // nothing written and no error: no room
      pending_.clear();                         // or close() would try, and report, the same again
      return fail(failed(code));
    }
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  pending_.clear();
  return {};
}

Result<void> OutputFile::close() {
  if (descriptor_ < 0) return {};
  Result<void> flushed = flush();
  int descriptor = std::exchange(descriptor_, -1);
  bool closed = descriptor == STDOUT_FILENO || ::close(descriptor) == 0;
  if (flushed && !closed) return fail(failed(errno));
  return flushed;
}

Error OutputFile::failed(int code) const {
  std::string name = path_ == "-" ? "standard output" : path_.string();
  const char* remedy = is_no_room(code) ? "; make room, or write elsewhere" : "";
  return {ErrorCode::output_failed,
          fmt::format("{}: writing failed: {}{}; what was written before is kept", name, reason(code), remedy)};
}

}  // namespace inflight::media
