// What `inflight capacity` says.
#pragma once

#include <string>
#include <vector>

#include "capacity_options.hpp"

namespace inflight::app {

/// So many sources at once, and what became of their frames.
struct CapacityTrial {
  int sources = 0;
  double p50_ms = 0, p95_ms = 0, p99_ms = 0;  ///< age at the last sink, of the source for which it is worst
  double drop_share = 0;
  double fps = 0;              ///< emitted, all sources together
  double processor_share = 0;  ///< of all that this process may use
  bool fits = false;
};

/// The most sources that fit; nullptr: not even one does.
const CapacityTrial* most_that_fit(const std::vector<CapacityTrial>& trials);

// `trials` by number of sources.
std::string capacity_text(const std::vector<CapacityTrial>& trials, const CapacityOptions& goal);
std::string capacity_json(const std::vector<CapacityTrial>& trials, const CapacityOptions& goal);
Page capacity_page(const std::vector<CapacityTrial>& trials, const CapacityOptions& goal);

}  // namespace inflight::app
