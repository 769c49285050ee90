// What `inflight tune` can be told besides model and input.
#pragma once

#include <string>

#include "options.hpp"

namespace inflight::app {

struct TuneOptions {
  std::string config = "tuned.conf";  ///< where the best settings go
  std::string report, summary;
  Duration max_p99{0};  ///< 0: no bound
  double min_fps = 0;   ///< of each source; 0: no bound
  int sources = 1;
  std::uint64_t frames = 900;  ///< of a full measurement, all sources together
  bool exhaustive = false;     ///< measure every setting in full, to check the search
};

void add_tune_options(CLI::App& command, TuneOptions& tune);

}  // namespace inflight::app
