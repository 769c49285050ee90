// Waiting for a camera, which FFmpeg cannot do without getting stuck in the kernel.
#pragma once

#include <string>

namespace inflight::media {

/// The descriptor under which this process has the device `path` open, which FFmpeg does not tell; -1 where it has not.
int descriptor_of(const std::string& path);

/// Blocks until the device behind `descriptor` has something, at most for a tenth of a second.
void await_device(int descriptor);

}  // namespace inflight::media
