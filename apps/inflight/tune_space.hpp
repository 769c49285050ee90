// What `inflight tune` tries.
#pragma once

#include <vector>

#include "configuration.hpp"

namespace inflight::app {

/// One way to run the pipeline.
struct TuneSetting {
  Settings settings;  ///< as options of run
  std::string model;  ///< equal where the compiled model is
};

/// What the space depends on besides the options.
struct TuneMachine {
  int cores = 1;
  std::string precision;  ///< what the device computes in by default: named again, it would only be measured twice
};

/// Every combination worth trying on the device of `options`: execution streams, threads, requests, batches and their
/// delay, where pictures are converted, decode threads, and the precisions that the device can do.
std::vector<TuneSetting> tune_space(const Options& options, const TuneMachine& machine);

}  // namespace inflight::app
