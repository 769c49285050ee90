// What `inflight bench` writes besides its steps.
#pragma once

#include <string>

#include "bench_page.hpp"

namespace inflight::app {

/// Before any work: can everything be written that was asked for? Errors: unwritable_output, invalid_argument.
Result<void> take_bench_outputs(const Options& options, const BenchOptions& bench);
/// Whether every request must be noted.
bool wants_recording(const BenchOptions& bench);
/// Errors: output_failed.
Result<void> write_reports(const Options& options, const BenchOptions& bench, const BenchResult& result);

/// What operations cost, on average over the requests, as benchmark_app's -pc prints it. `order`: -pcsort.
std::string counters_text(const LoadSummary& load, const std::string& order);
std::string verdict_text(Scenario scenario, const ScenarioVerdict& verdict);

}  // namespace inflight::app
