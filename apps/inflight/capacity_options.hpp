// What `inflight capacity` can be told besides models and inputs.
#pragma once

#include <string>

#include "options.hpp"

namespace inflight::app {

struct CapacityOptions {
  Duration max_age = std::chrono::milliseconds(100);  ///< of 95 % of the frames of every source
  double max_drop = 0.01;                             ///< share of frames that may be dropped
  double seconds = 10;                                ///< of one trial
  int most_sources = 512;
  std::string report, summary;
};

void add_capacity_options(CLI::App& command, CapacityOptions& capacity);

}  // namespace inflight::app
