#include "comparison.hpp"

#include <algorithm>
#include <cmath>

namespace inflight::report {
namespace {

using Rounds = std::vector<const RunSummary*>;

/// Precondition: not empty.
Spread spread_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  const double median = values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
  return {.median = median, .min = values.front(), .max = values.back()};
}

/// Over the rounds in which `value_of` gives a number.
template <class ValueOf>
std::optional<double> median_of(const Rounds& rounds, ValueOf value_of) {
  std::vector<double> values;
  for (const RunSummary* round : rounds) {
    if (const std::optional<double> value = value_of(*round)) values.push_back(*value);
  }
  if (values.empty()) return std::nullopt;
  return spread_of(std::move(values)).median;
}

/// The median of each percentile. Pooling the rounds would let a single bad one decide p99.
LatencySummary latency_of(const Rounds& rounds) {
  const auto median = [&](double LatencySummary::* part) {
    return median_of(rounds, [=](const RunSummary& round) { return std::optional(round.latency.*part); }).value_or(0);
  };
  return {.p50 = median(&LatencySummary::p50),
          .p90 = median(&LatencySummary::p90),
          .p95 = median(&LatencySummary::p95),
          .p99 = median(&LatencySummary::p99),
          .max = median(&LatencySummary::max)};
}

std::optional<double> core_ms_in(const RunSummary& round, const std::string& stage) {
  const auto found = std::find_if(round.stages.begin(), round.stages.end(),
                                  [&](const StageSummary& candidate) { return candidate.name == stage; });
  return found == round.stages.end() ? std::nullopt : found->core_ms;
}

void add_once(std::vector<std::string>& names, const std::string& name) {
  if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
}

/// Stages in the order of the first round that has them.
void add_core_ms(Column& column, const Rounds& rounds) {
  std::vector<std::string> names;
  for (const RunSummary* round : rounds) {
    for (const StageSummary& stage : round->stages) add_once(names, stage.name);
  }
  for (const std::string& name : names) {
    column.core_ms.emplace_back(name,
                                median_of(rounds, [&](const RunSummary& round) { return core_ms_in(round, name); }));
  }
}

/// Texts have no median: they are quoted from the round that comes closest to it.
const RunSummary& typical_round(const Rounds& rounds, double median_fps) {
  return **std::min_element(rounds.begin(), rounds.end(), [=](const RunSummary* a, const RunSummary* b) {
    return std::abs(a->fps - median_fps) < std::abs(b->fps - median_fps);
  });
}

/// Precondition: `rounds` is not empty.
void add_medians(Column& column, const Rounds& rounds) {
  std::vector<double> fps;
  for (const RunSummary* round : rounds) fps.push_back(round->fps);
  column.fps = spread_of(std::move(fps));
  column.latency = latency_of(rounds);
  add_core_ms(column, rounds);
  const RunSummary& typical = typical_round(rounds, column.fps->median);
  column.engine = typical.engine;
  column.engine.ceiling_fps = median_of(rounds, [](const RunSummary& round) { return round.engine.ceiling_fps; });
  column.limit_fps = median_of(rounds, [](const RunSummary& round) { return round.limit_fps; });
  column.efficiency = median_of(rounds, [](const RunSummary& round) { return round.efficiency; });
  column.bottleneck = typical.bottleneck;
}

/// A failed round ended early, so its speed says nothing; it is counted and its reason kept.
Column column_of(const ComparedRun& run) {
  Column column;
  column.name = run.name;
  column.rounds = run.rounds.size();
  Rounds good;
  for (const RunSummary& round : run.rounds) {
    column.lost_frames += round.frames.total_dropped() + round.frames.total_failed();
    if (round.error.empty()) {
      good.push_back(&round);
    } else {
      add_once(column.errors, round.error);
    }
  }
  column.failed_rounds = column.rounds - good.size();
  if (!good.empty()) add_medians(column, good);
  return column;
}

/// Within each round, as the machine changes its speed from round to round.
std::vector<double> ratios_of(const ComparedRun& run, const ComparedRun& first) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < std::min(run.rounds.size(), first.rounds.size()); ++i) {
    const bool both = run.rounds[i].error.empty() && first.rounds[i].error.empty();
    if (both && first.rounds[i].fps > 0) ratios.push_back(run.rounds[i].fps / first.rounds[i].fps);
  }
  return ratios;
}

}  // namespace

std::vector<Column> columns_of(const std::vector<ComparedRun>& runs) {
  std::vector<Column> columns;
  columns.reserve(runs.size());
  for (const ComparedRun& run : runs) columns.push_back(column_of(run));
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const std::vector<double> ratios = ratios_of(runs[i], runs.front());
    if (ratios.empty()) continue;
    const Spread spread = spread_of(ratios);
    columns[i].ratio = spread.median;
    if (i > 0 && ratios.size() > 1) columns[i].ratios = spread;
  }
  return columns;
}

std::vector<std::string> stage_names(const std::vector<Column>& columns) {
  std::vector<std::string> names;
  for (const Column& column : columns) {
    for (const auto& [name, core_ms] : column.core_ms) add_once(names, name);
  }
  return names;
}

std::optional<double> core_ms_of(const Column& column, const std::string& stage) {
  const auto found = std::find_if(column.core_ms.begin(), column.core_ms.end(),
                                  [&](const auto& entry) { return entry.first == stage; });
  return found == column.core_ms.end() ? std::nullopt : found->second;
}

}  // namespace inflight::report
