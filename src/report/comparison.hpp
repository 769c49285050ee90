// The numbers of a comparison, ahead of how they are written.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "inflight/report.hpp"

namespace inflight::report {

/// Over rounds.
struct Spread {
  double median = 0, min = 0, max = 0;
};

/// One compared run: medians over those of its rounds that did not fail.
struct Column {
  std::string name;
  std::size_t rounds = 0;
  std::size_t failed_rounds = 0;
  std::uint64_t lost_frames = 0;  ///< dropped or failed, over all rounds
  std::optional<Spread> fps;      ///< nullopt: no round succeeded
  std::optional<double> ratio;    ///< of its FPS to the first run's: the median over rounds that both finished
  std::optional<Spread> ratios;   ///< of those rounds, where there are several
  std::optional<LatencySummary> latency;
  std::vector<std::pair<std::string, std::optional<double>>> core_ms;  ///< by stage, in the stages' order
  EngineSummary engine;                                                ///< ceiling_fps is a median too
  std::optional<double> limit_fps;
  std::optional<double> efficiency;
  std::string bottleneck;           ///< of the round whose FPS lies nearest to the median
  std::vector<std::string> errors;  ///< of the failed rounds, each once
};

std::vector<Column> columns_of(const std::vector<ComparedRun>& runs);

/// Names of all stages of all columns, in the order in which they first appear.
std::vector<std::string> stage_names(const std::vector<Column>& columns);
/// Nullopt: this run does not have the stage, or it was not calibrated.
std::optional<double> core_ms_of(const Column& column, const std::string& stage);

}  // namespace inflight::report
