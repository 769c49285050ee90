// A pool of devices, seen as one model.
#pragma once

#include <memory>
#include <vector>

#include "device_pool.hpp"

namespace inflight {

/// Errors: invalid_argument (none, or too many candidates); those of DevicePool::wait_until_ready.
Result<std::shared_ptr<CompiledModel>> make_pool(std::vector<PoolCandidate> candidates, const CompileOptions& options,
                                                 const PoolPolicy& policy);

}  // namespace inflight
