#include "output_claim.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace inflight::app {
namespace {

namespace fs = std::filesystem;

std::string reason(int code) { return std::generic_category().message(code); }

fs::path folder_of(const fs::path& path) { return path.has_parent_path() ? path.parent_path() : fs::path("."); }

/// `-o out/video.mp4` on a fresh checkout should just work.
Result<void> make_folder(const std::string& output, const fs::path& folder) {
  std::error_code error;
  fs::file_status there = fs::status(folder, error);
  if (there.type() == fs::file_type::not_found) fs::create_directories(folder, error);
  if (error)
    return fail(
        unwritable(output, fmt::format("the folder {} cannot be created ({})", folder.string(), error.message())));
  if (!fs::is_directory(folder, error)) return fail(unwritable(output, folder.string() + " is not a folder"));
  return {};
}

std::string obstacle(const fs::path& path, int code) {
  bool forbidden = code == EACCES || code == EPERM || code == EROFS;
  if (!forbidden) return fmt::format("cannot be written ({})", reason(code));
  std::error_code unknown;
  if (fs::exists(path, unknown)) return fmt::format("no permission to write to it ({})", reason(code));
  return fmt::format("no permission to write in the folder {} ({})", folder_of(path).string(), reason(code));
}

/// Whether the descriptor is that of the file which has this name now: another process may have taken it away.
bool is_still_there(const fs::path& path, int descriptor) {
  struct stat named{}, opened{};
  return stat(path.c_str(), &named) == 0 && fstat(descriptor, &opened) == 0 && named.st_ino == opened.st_ino &&
         named.st_dev == opened.st_dev;
}

}  // namespace

Error unwritable(const std::string& output, const std::string& why) {
  return {ErrorCode::unwritable_output, fmt::format("{}: {}; choose another output path", output, why)};
}

Result<void> check_form(const Output& output) {
  if (output.path == "-" && output.kind == OutputKind::page)
    return fail(ErrorCode::invalid_argument, fmt::format("{} -: name a file instead", output.option));
  if (output.path.find("://") == std::string::npos) return {};
  const char* remedy = output.kind == OutputKind::pictures
                           ? "write a video to standard output and send it: -o - | ffmpeg -i - -c copy -f rtsp ADDRESS"
                           : "name a file, or - for standard output";
  return fail(ErrorCode::unwritable_output,
              fmt::format("{} {}: outputs are files, not addresses; {}", output.option, redacted(output.path),
                          output.kind == OutputKind::page ? "name a file" : remedy));
}

Result<OutputClaim> OutputClaim::take(const Output& output) {
  OutputClaim claim(output);
  if (output.path != "-")
    if (Result<void> opened = claim.open(); !opened) return fail(std::move(opened.error()));
  claim.place_ = place_of(output.path);
  return claim;
}

OutputClaim::OutputClaim(OutputClaim&& other) noexcept
    : output_(std::move(other.output_)),
      place_(std::move(other.place_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      made_(other.made_) {}

OutputClaim::~OutputClaim() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<void> OutputClaim::open() {
  if (output_.kind == OutputKind::pictures && is_image_folder(output_.path)) return open_folder();
  std::error_code unknown;
  fs::file_status there = fs::status(output_.path, unknown);
  if (fs::is_directory(there)) return fail(unwritable(output_.path, "is a folder"));
  if (Result<void> made = make_folder(output_.path, folder_of(output_.path)); !made) return made;
  if (!fs::exists(there) || fs::is_regular_file(there)) return open_file();
  // Opening a pipe would wait for its reader.
  if (access(output_.path.c_str(), W_OK) == 0) return {};
  return fail(unwritable(output_.path, obstacle(output_.path, errno)));
}

Result<void> OutputClaim::open_folder() {
  std::error_code unknown;
  made_ = !fs::exists(output_.path, unknown);
  if (Result<void> made = make_folder(output_.path, output_.path); !made) return made;
  if (access(output_.path.c_str(), W_OK | X_OK) != 0)
    return fail(unwritable(output_.path, fmt::format("no permission to write in the folder ({})", reason(errno))));
  return lock(O_RDONLY | O_DIRECTORY);
}

Result<void> OutputClaim::open_file() {
  for (int tries = 0; tries < 10; ++tries) {
    int flags = O_WRONLY | O_NOCTTY | O_NONBLOCK;
    descriptor_ = ::open(output_.path.c_str(), flags | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    made_ = descriptor_ >= 0;
    if (!made_ && errno != EEXIST) break;
    if (Result<void> locked = lock(flags | O_CREAT); !locked) return locked;
    if (is_still_there(output_.path, descriptor_)) return {};
    ::close(std::exchange(descriptor_, -1));
  }
  return fail(unwritable(output_.path, obstacle(output_.path, errno)));
}

/// Opens it, unless it is open. A file system without locks is no reason to refuse.
Result<void> OutputClaim::lock(int flags) {
  if (descriptor_ < 0) descriptor_ = ::open(output_.path.c_str(), flags | O_CLOEXEC, 0666);
  if (descriptor_ < 0) return fail(unwritable(output_.path, obstacle(output_.path, errno)));
  if (flock(descriptor_, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return {};
  return fail(unwritable(output_.path, "another inflight is writing it"));
}

void OutputClaim::remove_if_unused() const noexcept {
  if (!made_ || descriptor_ < 0) return;
  struct stat about{};
  if (S_ISDIR(fstat(descriptor_, &about) == 0 ? about.st_mode : 0)) {
    (void)rmdir(output_.path.c_str());  // does nothing where something lies in it
  } else if (about.st_size == 0 && is_still_there(output_.path, descriptor_)) {
    (void)unlink(output_.path.c_str());
  }
}

}  // namespace inflight::app
