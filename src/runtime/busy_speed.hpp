// How fast a model is while all its requests are busy.
#pragma once

#include "inflight/engine.hpp"

namespace inflight {

/// Inferences per second over `count` completions, after one of each request. Blocks until they are done. The inputs
/// are zeros. Errors: those of the model.
Result<double> measure_busy_speed(CompiledModel& model, Clock& clock, int count);

}  // namespace inflight
