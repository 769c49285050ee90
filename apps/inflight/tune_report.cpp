#include "tune_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace inflight::app {
namespace {

using Json = nlohmann::ordered_json;

std::string likeness(const Difference& apart) {
  return apart.is_none() ? "same" : fmt::format("scores ±{:.1g}, boxes ±{:.1g}", apart.score, apart.box);
}

/// Those that no other beats in both speed and latency.
std::vector<const Trial*> pareto_front(const std::vector<Trial>& trials) {
  std::vector<const Trial*> front;
  for (const Trial& trial : trials) {
    bool beaten = std::ranges::any_of(trials, [&](const Trial& other) {
      return other.measured.fps > trial.measured.fps && other.measured.p99_ms < trial.measured.p99_ms;
    });
    if (!beaten) front.push_back(&trial);
  }
  std::ranges::sort(front, {}, [](const Trial* trial) { return trial->measured.p99_ms; });
  return front;
}

std::string row(const std::string& name, const Measured& measured, const std::string& rest) {
  return fmt::format("{:>9.1f} {:>9.2f} {:>9.2f} {:>6.2f}  {:<8} {}\n", measured.fps, measured.p50_ms, measured.p99_ms,
                     measured.cores, rest, name);
}

Json to_json(const Measured& measured) {
  return {{"fps", measured.fps}, {"p50_ms", measured.p50_ms}, {"p99_ms", measured.p99_ms}, {"cores", measured.cores}};
}

Json to_json(const Trial& trial) {
  Json json;
  for (const auto& [name, value] : trial.settings) json["settings"][name] = value;
  if (!trial.problem.empty()) return json["problem"] = trial.problem, json;
  json.update(to_json(trial.measured));
  json["budget"] = trial.budget;
  json["meets"] = trial.meets;
  json["largest_difference"] = {{"score", trial.apart.score}, {"box", trial.apart.box}};
  return json;
}

Series points(const std::string& name, const std::vector<const Trial*>& trials) {
  Series series{name, {}, {}};
  for (const Trial* trial : trials) {
    series.x.push_back(trial->measured.p99_ms);
    series.y.push_back(trial->measured.fps);
  }
  return series;
}

Chart pareto_chart(const TuneResult& result) {
  Chart chart;
  chart.title = "Speed against latency";
  chart.x_label = "end-to-end p99 in ms";
  chart.y_label = "frames per second";
  chart.kind = ChartKind::scatter;
  std::vector<const Trial*> all;
  for (const Trial& trial : result.ranking) all.push_back(&trial);
  chart.series = {points("settings", all),
                  points("none is better in both", pareto_front(result.ranking)),
                  {"as asked for on the command line", {result.reference.p99_ms}, {result.reference.fps}}};
  return chart;
}

std::string outcome_text(const TuneResult& result) {
  std::string text =
      fmt::format("{} settings in {:.0f} s", result.ranking.size() + result.unusable.size(), result.seconds);
  if (!result.unusable.empty())
    text += fmt::format(", {} of them cannot be used (the first: {})", result.unusable.size(),
                        result.unusable.front().problem);
  if (const Trial* best = best_of(result))
    text += fmt::format("\nbest: {:.1f} FPS, {:.2f}× the command line as it is; results: {}", best->measured.fps,
                        best->measured.fps / std::max(1e-9, result.reference.fps), likeness(best->apart));
  return text + (result.interrupted ? "\nThe search was interrupted: this is the best so far.\n" : "\n");
}

}  // namespace

const Trial* best_of(const TuneResult& result) {
  bool found = !result.ranking.empty() && result.ranking.front().meets;
  return found ? &result.ranking.front() : nullptr;
}

std::string config_remark(const Options& options, const Trial& best) {
  return fmt::format("inflight tune -m {} -i {} -d {}: {:.1f} FPS, end-to-end p99 {:.2f} ms", options.model,
                     redacted(options.input), options.device, best.measured.fps, best.measured.p99_ms);
}

std::string tune_text(const TuneResult& result) {
  constexpr std::size_t kShown = 10;
  std::string text =
      fmt::format("{:>9} {:>9} {:>9} {:>6}  {:<8} settings\n", "FPS", "p50 ms", "p99 ms", "cores", "measured");
  text += row("(as on the command line)", result.reference, "33 %");
  for (std::size_t i = 0; i < std::min(kShown, result.ranking.size()); ++i) {
    const Trial& trial = result.ranking[i];
    text += row(to_arguments(trial.settings) + (trial.meets ? "" : "  (does not meet the goal)"), trial.measured,
                fmt::format("{:.0f} %", 100 * trial.budget));
  }
  return text + outcome_text(result);
}

std::string tune_json(const TuneResult& result) {
  Json json{{"reference", to_json(result.reference)},
            {"seconds", result.seconds},
            {"interrupted", result.interrupted},
            {"ranking", Json::array()},
            {"unusable", Json::array()}};
  for (const Trial& trial : result.ranking) json["ranking"].push_back(to_json(trial));
  for (const Trial& trial : result.unusable) json["unusable"].push_back(to_json(trial));
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

Page tune_page(const Options& options, const TuneResult& result) {
  Page page{"inflight tune", fmt::format("{} on {}, {}", options.model, options.device, redacted(options.input)), {}};
  page.sections.emplace_back(Text{"", outcome_text(result)});
  page.sections.emplace_back(pareto_chart(result));
  Table table{"Settings", {"settings", "FPS", "p50 ms", "p99 ms", "cores", "measured", "results"}, {}};
  for (const Trial& trial : result.ranking)
    table.rows.push_back({to_arguments(trial.settings), fmt::format("{:.1f}", trial.measured.fps),
                          fmt::format("{:.2f}", trial.measured.p50_ms), fmt::format("{:.2f}", trial.measured.p99_ms),
                          fmt::format("{:.2f}", trial.measured.cores), fmt::format("{:.0f} %", 100 * trial.budget),
                          likeness(trial.apart)});
  for (const Trial& trial : result.unusable)
    table.rows.push_back({to_arguments(trial.settings), "–", "–", "–", "–", "–", trial.problem});
  page.sections.emplace_back(std::move(table));
  return page;
}

}  // namespace inflight::app
