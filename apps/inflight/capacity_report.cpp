#include "capacity_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "exit_code.hpp"

namespace inflight::app {
namespace {

std::string goal_text(const CapacityOptions& goal) {
  return fmt::format("p95 age ≤ {:.0f} ms, at most {:.1f} % dropped", to_ms(goal.max_age), 100 * goal.max_drop);
}

/// Why the trial does not count as fitting.
std::string fault(const CapacityTrial& trial, const CapacityOptions& goal) {
  if (trial.frames.total_failed() > 0) return failures_text(trial.frames);
  if (trial.frames.emitted == 0) return "no frame came out in time";
  return trial.drop_share > goal.max_drop ? fmt::format("{:.1f} % are dropped", 100 * trial.drop_share)
                                          : fmt::format("p95 age is {:.0f} ms", trial.p95_ms);
}

const CapacityTrial* first_that_does_not_fit(const CapacityResult& result) {
  auto worse = std::ranges::find(result.trials, false, &CapacityTrial::fits);
  return worse == result.trials.end() ? nullptr : &*worse;
}

std::string verdict(const CapacityResult& result, const CapacityOptions& goal) {
  const CapacityTrial *most = most_that_fit(result), *worse = first_that_does_not_fit(result);
  if (!most)
    return fmt::format("not even one source fits ({}){}", goal_text(goal),
                       worse ? fmt::format(": with {}, {}", worse->sources, fault(*worse, goal)) : "");
  std::string text = fmt::format("{} source{} fit{} ({})", most->sources, most->sources == 1 ? "" : "s",
                                 most->sources == 1 ? "s" : "", goal_text(goal));
  if (!worse) return text + ", and more were not tried";
  text += fmt::format("; with {} {}, at {:.0f} % of the processors", worse->sources, fault(*worse, goal),
                      100 * worse->processor_share);
  return worse->sources == most->sources + 1 ? text : text + "; numbers between were not tried";
}

}  // namespace

const CapacityTrial* most_that_fit(const CapacityResult& result) {
  const CapacityTrial* most = nullptr;
  for (const CapacityTrial& trial : result.trials)
    if (trial.fits) most = &trial;
  return most;
}

Result<void> check_measured(const CapacityResult& result) {
  const CapacityTrial* worse = first_that_does_not_fit(result);
  if (most_that_fit(result) || !worse || worse->frames.total_failed() == 0) return {};
  return fail(ErrorCode::engine_failed,
              fmt::format("capacity was not measured: with {} source{} {}; inflight run says why", worse->sources,
                          worse->sources == 1 ? "" : "s", failures_text(worse->frames)));
}

std::string capacity_text(const CapacityResult& result, const CapacityOptions& goal) {
  std::string text = fmt::format("{:>7} {:>9} {:>9} {:>9} {:>9} {:>9} {:>10}\n", "sources", "p50 ms", "p95 ms",
                                 "p99 ms", "dropped", "FPS", "processors");
  constexpr double kWidth = 24;
  for (const CapacityTrial& trial : result.trials) {
    text +=
        fmt::format("{:>7} {:>9.1f} {:>9.1f} {:>9.1f} {:>7.1f} % {:>9.1f} {:>8.0f} %  ", trial.sources, trial.p50_ms,
                    trial.p95_ms, trial.p99_ms, 100 * trial.drop_share, trial.fps, 100 * trial.processor_share);
    double share = std::min(1.0, trial.p95_ms / to_ms(goal.max_age));
    for (int i = 0; i < static_cast<int>(kWidth * share + 0.5); ++i) text += "█";
    text += trial.fits ? "\n" : "  too much\n";
  }
  return text + verdict(result, goal) + (result.interrupted ? "\nThe search was interrupted.\n" : "\n");
}

std::string capacity_json(const CapacityResult& result, const CapacityOptions& goal) {
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (const CapacityTrial& trial : result.trials)
    all.push_back({{"sources", trial.sources},
                   {"p50_ms", trial.p50_ms},
                   {"p95_ms", trial.p95_ms},
                   {"p99_ms", trial.p99_ms},
                   {"drop_share", trial.drop_share},
                   {"failed", trial.frames.total_failed()},
                   {"fps", trial.fps},
                   {"processor_share", trial.processor_share},
                   {"fits", trial.fits}});
  const CapacityTrial* most = most_that_fit(result);
  return nlohmann::ordered_json{{"sources", most ? most->sources : 0},
                                {"p95_age_ms", to_ms(goal.max_age)},
                                {"max_drop", goal.max_drop},
                                {"interrupted", result.interrupted},
                                {"trials", all}}
      .dump(2);
}

Page capacity_page(const CapacityResult& result, const CapacityOptions& goal) {
  const CapacityTrial* most = most_that_fit(result);
  Page page{fmt::format("{} real-time sources fit", most ? most->sources : 0), verdict(result, goal), {}};
  Chart ages{.title = "Age of frames at the last sink", .x_label = "sources", .y_label = "ms", .log_y = true};
  Series p50{"p50", {}, {}}, p95{"p95", {}, {}}, p99{"p99", {}, {}}, bound{"goal for p95", {}, {}};
  Chart use{.title = "Processors at work, frames dropped", .x_label = "sources", .y_label = "%"};
  Series busy{"processors", {}, {}}, dropped{"dropped", {}, {}};
  Table table{"Trials", {"sources", "p50 ms", "p95 ms", "p99 ms", "dropped %", "FPS", "processors %", "fits"}, {}};
  for (const CapacityTrial& trial : result.trials) {
    for (auto [series, value] :
         {std::pair(&p50, trial.p50_ms), std::pair(&p95, trial.p95_ms), std::pair(&p99, trial.p99_ms),
          std::pair(&bound, to_ms(goal.max_age)), std::pair(&busy, 100 * trial.processor_share),
          std::pair(&dropped, 100 * trial.drop_share)}) {
      series->x.push_back(trial.sources);
      series->y.push_back(value);
    }
    table.rows.push_back({std::to_string(trial.sources), fmt::format("{:.1f}", trial.p50_ms),
                          fmt::format("{:.1f}", trial.p95_ms), fmt::format("{:.1f}", trial.p99_ms),
                          fmt::format("{:.2f}", 100 * trial.drop_share), fmt::format("{:.1f}", trial.fps),
                          fmt::format("{:.0f}", 100 * trial.processor_share), trial.fits ? "yes" : "no"});
  }
  ages.series = {std::move(p50), std::move(p95), std::move(p99), std::move(bound)};
  use.series = {std::move(busy), std::move(dropped)};
  page.sections = {std::move(ages), std::move(use), std::move(table)};
  return page;
}

}  // namespace inflight::app
