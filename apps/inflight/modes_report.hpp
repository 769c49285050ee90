// What `inflight compare --modes` says.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "inflight/report.hpp"

namespace inflight::app {

/// One run in one mode.
struct ModeRound {
  double seconds = 0, fps = 0;
  double peak_mb = 0;      ///< resident memory; processes are added up, so what they share counts in each
  double processor_s = 0;  ///< processor time, all processes
  std::uint64_t frames = 0;
  std::vector<std::pair<std::string, double>> models;  ///< time from start to completion of all inferences, seconds
};

struct ModeRow {
  std::string mode;
  bool engine_defaults = false;   ///< threads as the engines choose them, which is how most people run it
  std::vector<ModeRound> rounds;  ///< interleaved with those of the others

  std::string name() const;
};

std::string modes_text(const std::vector<ModeRow>& rows);
std::string modes_json(const std::vector<ModeRow>& rows);
Page modes_page(const std::vector<ModeRow>& rows);

}  // namespace inflight::app
