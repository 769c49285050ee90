// What `inflight bench` measured, as a page of tables and charts.
#pragma once

#include <memory>
#include <optional>

#include "bench_options.hpp"
#include "inflight/measure.hpp"

namespace inflight::app {

struct BenchResult {
  std::shared_ptr<CompiledModel> model;
  double load_ms = 0;
  LoadSummary load;
  std::optional<ScenarioVerdict> verdict;
  Timeline timeline;  ///< empty unless it was asked for
};

/// Everything measured: summary, percentiles, distribution, windows.
Page bench_page(const Options& options, const BenchOptions& bench, const BenchResult& result);

/// Lets what virtual devices do be kept, besides being told to whom `compile` names.
std::shared_ptr<DeviceLog> keep_events(CompileOptions& compile);

/// Every request with its latency, and the events. `title` says what ran.
std::vector<Section> timeline_sections(const std::string& title, Timeline timeline);

}  // namespace inflight::app
