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
  std::string problem;  ///< why it cannot run; empty if it did
  double first_result_ms = 0;
  double seconds_per_frame = 0;
  double fps = 0;
  int requests = 1;
  Difference apart;
};

/// FPS of the first rung that ran; 0: none did.
double baseline_fps(const std::vector<Climbed>& all);

std::string ladder_text(const std::vector<Climbed>& all);
std::string ladder_json(const std::vector<Climbed>& all);
Page ladder_page(const Options& options, const std::vector<Climbed>& all);

}  // namespace inflight::app
