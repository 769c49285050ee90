// The scenarios of MLPerf inference, with the rules of its LoadGen.
#include <fmt/format.h>

#include <algorithm>

#include "inflight/measure.hpp"

namespace inflight {
namespace {

constexpr Duration kMlperfDuration = std::chrono::seconds(600);
constexpr std::uint64_t kOfflineSamples = 24576;

double percentile_of(const ScenarioOptions& options) {
  return options.percentile.value_or(options.scenario == Scenario::single_stream ? 0.9 : 0.99);
}

/// The fewest queries of which early stopping allows one to be over the bound: it discards at least the slowest.
std::uint64_t queries_needed(double share) {
  std::uint64_t n = 1;
  while (allowed_over_latency(n, share).value_or(0) < 1) ++n;
  return n;
}

std::uint64_t min_queries(const ScenarioOptions& options) {
  if (options.min_queries > 0) return options.min_queries;
  return options.scenario == Scenario::offline ? kOfflineSamples : queries_needed(percentile_of(options));
}

void require_length(const ScenarioOptions& options, const LoadSummary& summary, ScenarioVerdict& verdict) {
  auto invalid = [&](std::string why) {
    verdict.valid = false;
    verdict.reasons.push_back(std::move(why));
  };
  std::uint64_t ran = options.scenario == Scenario::offline ? summary.count : summary.queries;
  if (summary.interrupted) invalid("the run was interrupted");
  if (summary.failed > 0) invalid(fmt::format("{} inferences failed: {}", summary.failed, summary.error));
  if (ran < min_queries(options)) invalid(fmt::format("{} queries ran, {} are needed", ran, min_queries(options)));
  if (summary.wall_s < 0.999 * to_seconds(options.min_duration))
    invalid(fmt::format("it ran for {:.1f} s, {:.1f} s are needed", summary.wall_s, to_seconds(options.min_duration)));
}

/// The latency that, with confidence 0.99, the percentile does not exceed: of all that early stopping allows to be
/// slower, the next one.
void estimate_percentile(const ScenarioOptions& options, const LoadSummary& summary, ScenarioVerdict& verdict) {
  double share = percentile_of(options);
  std::uint64_t over = allowed_over_latency(summary.queries, share).value_or(0);
  if (over < 1) return;  // too few; require_length has said so
  double rank = static_cast<double>(summary.queries - over + 1) / static_cast<double>(summary.queries);
  verdict.value = to_ms(summary.latency.percentile(rank));
  verdict.reasons.push_back(fmt::format("early stopping: {} of {} queries may be slower", over - 1, summary.queries));
}

void check_bound(const ScenarioOptions& options, const LoadSummary& summary, ScenarioVerdict& verdict) {
  double share = percentile_of(options);
  std::uint64_t over = summary.latency.count() - summary.latency.count_up_to(options.bound);
  std::optional<std::uint64_t> allowed = allowed_over_latency(summary.queries, share);
  verdict.value = summary.inferences_per_second();
  bool met = allowed && over <= *allowed;
  verdict.valid = verdict.valid && met;
  std::string counted =
      fmt::format("{} of {} queries took longer than {:.3f} ms; p{:g} allows {}", over, summary.queries,
                  to_ms(options.bound), 100 * share, allowed ? std::to_string(*allowed) : "none of so few");
  verdict.reasons.push_back(met ? counted : counted + ": ask for a lower rate, or run longer");
}

}  // namespace

const char* to_string(Scenario scenario) noexcept {
  switch (scenario) {
    case Scenario::single_stream:
      return "single-stream";
    case Scenario::multi_stream:
      return "multi-stream";
    case Scenario::server:
      return "server";
    case Scenario::offline:
      return "offline";
  }
  return "";
}

Result<LoadOptions> to_load(const ScenarioOptions& scenario, LoadOptions base) {
  double share = percentile_of(scenario);
  if (!(share > 0 && share < 1)) return fail(ErrorCode::invalid_argument, "a percentile lies between 0 and 1");
  base.duration = scenario.min_duration;
  base.iterations = min_queries(scenario);
  base.synchronous = false;
  switch (scenario.scenario) {
    case Scenario::single_stream:
      base.arrivals = Arrivals::closed;
      base.requests = 1;
      break;
    case Scenario::multi_stream:
      base.arrivals = Arrivals::bursts;
      base.iterations *= static_cast<std::uint64_t>(base.burst);
      break;
    case Scenario::server:
      if (!(scenario.rate > 0) || scenario.bound <= Duration{0})
        return fail(ErrorCode::invalid_argument,
                    "scenario server needs a rate and a bound of the latency: --rate 50/s --max-latency 100ms");
      base.arrivals = Arrivals::poisson;
      base.rate = scenario.rate;
      break;
    case Scenario::offline:
      base.arrivals = Arrivals::closed;
      break;
  }
  return base;
}

ScenarioVerdict judge(const ScenarioOptions& scenario, const LoadSummary& summary) {
  ScenarioVerdict verdict;
  verdict.valid = true;
  require_length(scenario, summary, verdict);
  std::string percentile = fmt::format("p{:g} latency", 100 * percentile_of(scenario));
  switch (scenario.scenario) {
    case Scenario::single_stream:
      verdict.metric = percentile;
      estimate_percentile(scenario, summary, verdict);
      break;
    case Scenario::multi_stream:
      verdict.metric = percentile + " of a query";
      estimate_percentile(scenario, summary, verdict);
      break;
    case Scenario::server:
      verdict.metric = "queries per second";
      check_bound(scenario, summary, verdict);
      break;
    case Scenario::offline:
      verdict.metric = "samples per second";
      verdict.value = summary.frames_per_second();
      break;
  }
  if (scenario.min_duration < kMlperfDuration)
    verdict.reasons.push_back(fmt::format("for a run of {:.1f} s; MLPerf itself asks for {:.0f} s",
                                          to_seconds(scenario.min_duration), to_seconds(kMlperfDuration)));
  return verdict;
}

}  // namespace inflight
