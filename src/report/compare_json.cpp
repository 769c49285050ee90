// The comparison's medians, and under `rounds` everything they were taken from.
#include "comparison.hpp"
#include "inflight/report.hpp"
#include "json.hpp"

namespace inflight {
namespace {

using report::Column;
using report::Json;
using report::number;

Json fps_of(const Column& column) {
  if (!column.fps) return nullptr;
  return {{"median", number(column.fps->median)}, {"min", number(column.fps->min)}, {"max", number(column.fps->max)}};
}

Json core_ms_of(const Column& column) {
  Json object = Json::object();
  for (const auto& [stage, core_ms] : column.core_ms) object[stage] = number(core_ms);
  return object;
}

Json rounds_of(const ComparedRun& run) {
  Json array = Json::array();
  for (const RunSummary& round : run.rounds) array.push_back(report::to_object(round));
  return array;
}

Json to_object(const Column& column, const ComparedRun& run) {
  return {{"name", column.name},
          {"fps", fps_of(column)},
          {"ratio", number(column.ratio)},
          {"ratio_min", number(column.ratios ? std::optional(column.ratios->min) : std::nullopt)},
          {"ratio_max", number(column.ratios ? std::optional(column.ratios->max) : std::nullopt)},
          {"latency_ms", column.latency ? report::to_object(*column.latency) : Json(nullptr)},
          {"core_ms", core_ms_of(column)},
          {"ceiling_fps", number(column.engine.ceiling_fps)},
          {"limit_fps", number(column.limit_fps)},
          {"efficiency", number(column.efficiency)},
          {"bottleneck", report::text_or_null(column.bottleneck)},
          {"failed_rounds", column.failed_rounds},
          {"lost_frames", column.lost_frames},
          {"rounds", rounds_of(run)}};
}

}  // namespace

std::string compare_json(const std::vector<ComparedRun>& runs) {
  const auto columns = report::columns_of(runs);
  Json array = Json::array();
  for (std::size_t i = 0; i < runs.size(); ++i) array.push_back(to_object(columns[i], runs[i]));
  return report::dump(Json::object({{"runs", array}}));
}

}  // namespace inflight
