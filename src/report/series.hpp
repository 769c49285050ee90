// What was seen of a run, as charts.
#pragma once

#include <vector>

#include "inflight/report.hpp"

namespace inflight::report {

/// Those that have something to show: speed, stages, requests and frames held, cores, threads, lost frames.
std::vector<Chart> charts_over_time(const RunReport& report);
/// How often which end-to-end time was met, and how many were faster; nothing where no frame came out.
std::vector<Chart> charts_of_latency(const Histogram& end_to_end);

}  // namespace inflight::report
