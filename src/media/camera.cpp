#include "camera.hpp"

#include <poll.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace inflight::media {
namespace {

// As often as FFmpeg itself looks, where it waits, whether it must stop.
constexpr int kLookMs = 100;
// A device that cannot be waited for is not to cost a whole core either.
constexpr int kRetryMs = 5;

}  // namespace

int descriptor_of(const std::string& path) {
  struct stat device{};
  if (::stat(path.c_str(), &device) != 0 || !S_ISCHR(device.st_mode)) return -1;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd", ignored)) {
    int descriptor = std::atoi(entry.path().filename().c_str());
    struct stat open{};
    if (::fstat(descriptor, &open) != 0 || !S_ISCHR(open.st_mode)) continue;
    if (open.st_rdev == device.st_rdev) return descriptor;
  }
  return -1;
}

void await_device(int descriptor) {
  pollfd device{descriptor, POLLIN, 0};  // a negative descriptor is passed over
  if (descriptor >= 0 && ::poll(&device, 1, kLookMs) >= 0 && (device.revents == 0 || (device.revents & POLLIN))) return;
  ::poll(nullptr, 0, kRetryMs);
}

}  // namespace inflight::media
