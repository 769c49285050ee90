// What `inflight ladder` found, for people and programs.
#pragma once

#include <string>
#include <vector>

#include "likeness.hpp"
#include "options.hpp"

namespace inflight::app {

/// A rung, once it was tried.
struct Climbed {
  std::string name, device;
  std::string problem;                         ///< why it was not measured; empty if it was
  ErrorCode code = ErrorCode::model_unusable;  ///< of the problem
  double first_result_ms = 0;
  double seconds_per_frame = 0;
  double fps = 0;
  int requests = 1;
  Difference apart;
};

/// FPS of the first rung that ran; 0: none did.
double baseline_fps(const std::vector<Climbed>& all);

/// Errors: none ran: engine_failed where inferences failed, else model_unusable.
Result<void> check_measured(const Options& options, const std::vector<Climbed>& all);

std::string ladder_text(const std::vector<Climbed>& all);
std::string ladder_json(const std::vector<Climbed>& all);
Page ladder_page(const Options& options, const std::vector<Climbed>& all);

}  // namespace inflight::app
