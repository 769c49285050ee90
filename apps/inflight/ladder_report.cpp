#include "ladder_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace inflight::app {
namespace {

using Json = nlohmann::ordered_json;

std::string bar(double share) {
  std::string text;
  for (int i = 0; i < static_cast<int>(40 * share + 0.5); ++i) text += "█";
  return text;
}

std::string results_text(const Climbed& rung) {
  return rung.apart.is_none() ? "same" : fmt::format("±{:.1g}", std::max(rung.apart.score, rung.apart.box));
}

}  // namespace

double baseline_fps(const std::vector<Climbed>& all) {
  auto ran = std::ranges::find_if(all, [](const Climbed& rung) { return rung.problem.empty(); });
  return ran == all.end() ? 0 : ran->fps;
}

Result<void> check_measured(const Options& options, const std::vector<Climbed>& all) {
  if (baseline_fps(all) > 0) return {};
  bool failed = std::ranges::find(all, ErrorCode::engine_failed, &Climbed::code) != all.end();
  return fail(failed ? ErrorCode::engine_failed : ErrorCode::model_unusable,
              options.model + ": it could not be measured on any rung; the reasons are above");
}

std::string ladder_text(const std::vector<Climbed>& all) {
  std::string text = fmt::format("{:<16} {:>15} {:>12} {:>9} {:>8} {:>9}  {:<8} device\n", "rung", "first result ms",
                                 "ms per frame", "FPS", "ratio", "requests", "results");
  double first = baseline_fps(all), most = 0;
  for (const Climbed& rung : all) {
    if (!rung.problem.empty()) {
      text += fmt::format("{:<16} not measured: {}\n", rung.name, rung.problem);
      continue;
    }
    most = std::max(most, rung.fps);
    text += fmt::format("{:<16} {:>15.1f} {:>12.3f} {:>9.1f} {:>7.2f}× {:>9}  {:<8} {}\n", rung.name,
                        rung.first_result_ms, 1e3 * rung.seconds_per_frame, rung.fps, first > 0 ? rung.fps / first : 0,
                        rung.requests, results_text(rung), rung.device);
  }
  if (most == 0) return text;
  text += "\nPerformance difference\n";
  for (const Climbed& rung : all)
    if (rung.problem.empty()) text += fmt::format("{:<16} {} {:.1f} FPS\n", rung.name, bar(rung.fps / most), rung.fps);
  return text;
}

std::string ladder_json(const std::vector<Climbed>& all) {
  Json json = Json::array();
  for (const Climbed& rung : all) {
    Json object{{"rung", rung.name}, {"device", rung.device}};
    if (!rung.problem.empty()) {
      object["problem"] = rung.problem;
    } else {
      object["first_result_ms"] = rung.first_result_ms;
      object["seconds_per_frame"] = rung.seconds_per_frame;
      object["fps"] = rung.fps;
      object["requests"] = rung.requests;
      object["largest_difference"] = {{"score", rung.apart.score}, {"box", rung.apart.box}};
    }
    json.push_back(std::move(object));
  }
  return Json{{"rungs", json}}.dump(2, ' ', false, Json::error_handler_t::replace);
}

Page ladder_page(const Options& options, const std::vector<Climbed>& all) {
  Page page{"inflight ladder", fmt::format("{}, {}", options.model, redacted(options.input)), {}};
  Chart chart;
  chart.title = "Performance difference";
  chart.y_label = "frames per second";
  chart.kind = ChartKind::bar;
  chart.series.push_back({"FPS", {}, {}});
  Table table{"Rungs", {"rung", "device", "first result", "per frame", "FPS", "results"}, {}};
  for (const Climbed& rung : all) {
    if (!rung.problem.empty()) {
      table.rows.push_back({rung.name, rung.device, "–", "–", "–", rung.problem});
      continue;
    }
    chart.categories.push_back(rung.name);
    chart.series.front().y.push_back(rung.fps);
    table.rows.push_back({rung.name, rung.device, fmt::format("{:.1f} ms", rung.first_result_ms),
                          fmt::format("{:.3f} ms", 1e3 * rung.seconds_per_frame), fmt::format("{:.1f}", rung.fps),
                          results_text(rung)});
  }
  if (!chart.categories.empty()) page.sections.emplace_back(std::move(chart));
  page.sections.emplace_back(std::move(table));
  return page;
}

}  // namespace inflight::app
