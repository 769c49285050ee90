// OpenVINO's names for what every engine is asked for by an option of ours.
#pragma once

#include "inflight/engine.hpp"

namespace inflight {

/// Moves PERFORMANCE_HINT, PERFORMANCE_HINT_NUM_REQUESTS, NUM_STREAMS, INFERENCE_NUM_THREADS,
/// INFERENCE_PRECISION_HINT, ALLOW_AUTO_BATCHING, AUTO_BATCH_TIMEOUT (milliseconds) and CACHE_DIR, and Inflight's own
/// PROCESS_TIMEOUT and PROCESS_COMPILE_TIMEOUT (milliseconds), from `options.properties` into the option they mean, so
/// that they hold for every engine and for AUTO, MULTI, BATCH and PROCESS. Others stay. Errors: invalid_argument,
/// naming the property and what it takes.
Result<CompileOptions> apply_well_known_properties(CompileOptions options);

}  // namespace inflight
