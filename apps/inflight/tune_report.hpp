// What `inflight tune` found, for people and programs.
#pragma once

#include <string>
#include <vector>

#include "configuration.hpp"
#include "likeness.hpp"

namespace inflight::app {

struct Measured {
  double fps = 0;
  double p50_ms = 0;
  double p99_ms = 0;
  double cores = 0;  ///< processors kept busy
};

struct Trial {
  Settings settings;
  Measured measured;
  double budget = 0;    ///< share of the full measurement
  bool meets = false;   ///< what was asked for
  Difference apart;     ///< from the results of the reference
  std::string problem;  ///< why it cannot be used; empty if it can
};

struct TuneResult {
  Measured reference;  ///< the command line as it is
  std::vector<Trial> ranking, unusable;
  double seconds = 0;
  bool interrupted = false;
};

/// nullptr: none meets what was asked for.
const Trial* best_of(const TuneResult& result);

std::string tune_text(const TuneResult& result);
std::string tune_json(const TuneResult& result);
Page tune_page(const Options& options, const TuneResult& result);
std::string config_remark(const Options& options, const Trial& best);

}  // namespace inflight::app
