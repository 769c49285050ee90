// What `inflight capacity` says.
#pragma once

#include <string>
#include <vector>

#include "capacity_options.hpp"
#include "inflight/report.hpp"

namespace inflight::app {

/// So many sources at once, and what became of their frames.
struct CapacityTrial {
  int sources = 0;
  double p50_ms = 0, p95_ms = 0, p99_ms = 0;  ///< age at the last sink, of the source for which it is worst
  double drop_share = 0;
  FrameCounts frames{};        ///< of all sources together
  double fps = 0;              ///< emitted, all sources together
  double processor_share = 0;  ///< of all that this process may use
  bool fits = false;
};

struct CapacityResult {
  std::vector<CapacityTrial> trials{};  ///< by number of sources
  bool interrupted = false;             ///< before it was known that one more would not fit
};

/// The most sources that fit; nullptr: not even one does.
const CapacityTrial* most_that_fit(const CapacityResult& result);

/// Errors: engine_failed. No trial fits, and in the one with the fewest sources frames failed: nothing was measured.
Result<void> check_measured(const CapacityResult& result);

std::string capacity_text(const CapacityResult& result, const CapacityOptions& goal);
std::string capacity_json(const CapacityResult& result, const CapacityOptions& goal);
Page capacity_page(const CapacityResult& result, const CapacityOptions& goal);

}  // namespace inflight::app
