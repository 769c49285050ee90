// What `inflight timeline` can be told besides model and device.
#pragma once

#include <string>
#include <vector>

#include "options.hpp"

namespace inflight::app {

struct TimelineOptions {
  std::vector<Duration> intervals{std::chrono::milliseconds(30), std::chrono::milliseconds(300)};
  Duration duration = std::chrono::seconds(15);
  bool simulate = false;
  std::string output = "timeline.html";
  std::string trace;
};

void add_timeline_options(CLI::App& command, Options& options, TimelineOptions& paced);

}  // namespace inflight::app
