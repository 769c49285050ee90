// A summary as words, for text and HTML alike.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "inflight/report.hpp"
#include "table.hpp"

namespace inflight::report {

/// "589.7 FPS (async), 2.36 s, CPU 4.61 s, peak memory 312 MB".
std::string speed_text(const RunSummary& summary);

/// What each line is about, and what it says: frames, speed, latency, engine, and where it is known limit and
/// bottleneck.
std::vector<std::pair<std::string, std::string>> summary_lines(const RunSummary& summary);

/// Of runs with several models, or several sources; else none. The first row is the head.
Rows model_rows(const RunSummary& summary);
Rows source_rows(const RunSummary& summary);

/// The first row is the head.
Rows stage_rows(const std::vector<StageSummary>& stages);

}  // namespace inflight::report
