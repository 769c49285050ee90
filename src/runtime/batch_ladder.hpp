// The sizes that BATCH compiles a model for.
#pragma once

#include <vector>

#include "batch_model.hpp"
#include "virtual_device.hpp"

namespace inflight {

struct BatchLadder {
  std::vector<BatchSize> sizes;  ///< ascending, from 1
  // Where the largest size was found by measurement, in inferences per second.
  double speed = 0;          ///< of the largest
  double speed_of_next = 0;  ///< of the size after it, which did not pay; 0: there was none
  std::string problem;       ///< why the next size could not be measured, if so
};

/// Sizes up to options.batching.max_size; without one, as long as doubling pays, but never more than options.requests.
/// Errors: model_unusable, saying why the model cannot be batched; those of `inner`.
Result<BatchLadder> build_ladder(const PoolCandidate& inner, const CompileOptions& options);

/// Says why requests for the model cannot run together, as far as its own ports tell.
Result<void> check_batchable(const ModelInfo& model);

}  // namespace inflight
