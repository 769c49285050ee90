// --cpus: one budget of processors for everything that this process does.
#pragma once

#include "inflight/inflight.hpp"
#include "inflight/measure.hpp"

namespace inflight::app {

/// From now on this thread, and all threads and processes that it starts, stay on `count` of the processors they might
/// use: decoders, execution streams and ONNX Runtime's pools size themselves by that. Call it before they exist.
/// Errors: invalid_argument (more than there are).
Result<void> limit_processors(int count);

}  // namespace inflight::app
