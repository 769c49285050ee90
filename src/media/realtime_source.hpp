// A recording, given as a camera would have given it.
#pragma once

#include <memory>

#include "inflight/media.hpp"

namespace inflight::media {

/// `source` at its own pace: each frame is given when its `timestamp` has come, counted from the first frame, and its
/// `read_at` says when it would have been there: at that moment, less the time that reading it took. Whoever takes
/// frames too late gets them at once until the pace is caught up with; none is left out, and their age shows how late
/// they are.
std::unique_ptr<Source> at_own_pace(std::unique_ptr<Source> source, Clock& clock = steady_clock());

}  // namespace inflight::media
