#include "modes_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>

#include "inflight/measure.hpp"

namespace inflight::app {
namespace {

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

double median_of(const ModeRow& row, const std::function<double(const ModeRound&)>& number) {
  std::vector<double> values;
  for (const ModeRound& round : row.rounds) values.push_back(number(round));
  return median(std::move(values));
}

double fps_of(const ModeRow& row) {
  return median_of(row, [](const ModeRound& r) { return r.fps; });
}
double memory_of(const ModeRow& row) {
  return median_of(row, [](const ModeRound& r) { return r.peak_mb; });
}
double use_of(const ModeRow& row) {
  return median_of(row, [](const ModeRound& r) { return r.processor_s / r.seconds / available_cores(); });
}
double core_ms_of(const ModeRow& row) {
  return median_of(row, [](const ModeRound& r) {
    return 1e3 * r.processor_s / static_cast<double>(std::max<std::uint64_t>(1, r.frames));
  });
}
double model_time(const ModeRow& row, std::size_t model) {
  return median_of(row, [model](const ModeRound& r) { return r.models[model].second; });
}
double models_time(const ModeRow& row) {
  double sum = 0;
  for (std::size_t model = 0; model < row.rounds.front().models.size(); ++model) sum += model_time(row, model);
  return sum;
}

/// `row` ÷ `other`, within rounds.
std::vector<double> ratios(const ModeRow& row, const ModeRow& other) {
  std::vector<double> all;
  for (std::size_t round = 0; round < std::min(row.rounds.size(), other.rounds.size()); ++round)
    all.push_back(row.rounds[round].fps / other.rounds[round].fps);
  return all;
}

const ModeRow& find(const std::vector<ModeRow>& rows, const std::string& mode, bool defaults) {
  return *std::ranges::find_if(rows,
                               [&](const ModeRow& row) { return row.mode == mode && row.engine_defaults == defaults; });
}

const ModeRow& best_but_shared(const std::vector<ModeRow>& rows, bool defaults) {
  const ModeRow* best = nullptr;
  for (const ModeRow& row : rows)
    if (row.mode != "shared" && row.engine_defaults == defaults && (!best || fps_of(row) > fps_of(*best))) best = &row;
  return *best;
}

std::string spread(std::vector<double> values) {
  auto [least, most] = std::ranges::minmax(values);
  return fmt::format("{:.2f}× ({:.2f} – {:.2f})", median(values), least, most);
}

/// Why a mode is where it is, from what was measured.
std::string explain(const ModeRow& row, const ModeRow& serial) {
  double idle = 100 * std::max(0.0, 1 - use_of(row));
  double longer = models_time(row) / std::max(1e-9, models_time(serial));
  double dearer = core_ms_of(row) / std::max(1e-9, core_ms_of(serial));
  std::string cost = dearer > 1.1 ? fmt::format("; a frame costs {:.2f}× the processor time of serial", dearer) : "";
  std::string waits =
      fmt::format("inferences take {:.1f}× as long as in serial, since they share the processors", longer);
  if (row.mode == "serial")
    return fmt::format("one step at a time: {:.0f} % of the processors idle while one decodes, or waits", idle);
  if (row.mode == "threads")
    return fmt::format("each model has a thread that waits for its inference; {}{}; {:.0f} % idle", waits, cost, idle);
  if (row.mode == "processes")
    return fmt::format(
        "as threads, with {:.1f}× the memory of serial, and a hand-over between processes each time{}; "
        "{:.0f} % idle",
        memory_of(row) / std::max(1.0, memory_of(serial)), cost, idle);
  if (row.mode == "coroutines")
    return fmt::format("the models of a frame overlap, frames do not: the slowest model ends alone{}; {:.0f} % idle",
                       cost, idle);
  return fmt::format("hardly more inferences than processors, the oldest frames first{}; {:.0f} % idle", cost, idle);
}

std::vector<std::vector<std::string>> table(const std::vector<ModeRow>& rows) {
  const ModeRow& reference = rows.front();
  std::vector<std::string> head{"mode", "s", "FPS", "÷ " + reference.name()};
  for (const auto& [model, time] : reference.rounds.front().models) head.push_back(model + " s");
  head.insert(head.end(), {"memory MB", "processors"});
  std::vector<std::vector<std::string>> all{std::move(head)};
  for (const ModeRow& row : rows) {
    std::vector<std::string> cells{
        row.name(), fmt::format("{:.2f}", median_of(row, [](const ModeRound& r) { return r.seconds; })),
        fmt::format("{:.1f}", fps_of(row)), fmt::format("{:.2f}×", median(ratios(row, reference)))};
    for (std::size_t model = 0; model < row.rounds.front().models.size(); ++model)
      cells.push_back(fmt::format("{:.2f}", model_time(row, model)));
    cells.push_back(fmt::format("{:.0f}", memory_of(row)));
    cells.push_back(fmt::format("{:.0f} %", 100 * use_of(row)));
    all.push_back(std::move(cells));
  }
  return all;
}

/// In characters, not bytes: "×" and "÷" have two.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xc0) != 0x80; }));
}

std::string aligned(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths(rows.front().size(), 0);
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  std::string text;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      std::string blank(widths[i] - width_of(row[i]), ' ');
      text += i == 0 ? row[i] + blank : "  " + blank + row[i];
    }
    text += '\n';
  }
  return text;
}

std::string verdict(const std::vector<ModeRow>& rows) {
  const ModeRow& shared = rows.back();
  const ModeRow& usual = best_but_shared(rows, true);
  const ModeRow& budget = best_but_shared(rows, false);
  return fmt::format(
      "shared is {} of {}, the best of the usual ways, {} of {}, the best of the others on the same budget, with "
      "{:.2f}× "
      "the memory of serial",
      spread(ratios(shared, usual)), usual.name(), spread(ratios(shared, budget)), budget.name(),
      memory_of(shared) / std::max(1.0, memory_of(find(rows, "serial", true))));
}

}  // namespace

std::string ModeRow::name() const { return engine_defaults ? mode + ", engine defaults" : mode; }

std::string modes_text(const std::vector<ModeRow>& rows) {
  std::string text = aligned(table(rows)) + "\n";
  for (const ModeRow& row : rows)
    text += fmt::format("{}: {}\n", row.name(), explain(row, find(rows, "serial", row.engine_defaults)));
  return text + "\n" + verdict(rows) + "\n";
}

std::string modes_json(const std::vector<ModeRow>& rows) {
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (const ModeRow& row : rows) {
    nlohmann::ordered_json rounds = nlohmann::ordered_json::array();
    for (const ModeRound& round : row.rounds) {
      nlohmann::ordered_json models;
      for (const auto& [name, time] : round.models) models[name] = time;
      rounds.push_back({{"seconds", round.seconds},
                        {"fps", round.fps},
                        {"peak_mb", round.peak_mb},
                        {"processor_s", round.processor_s},
                        {"frames", round.frames},
                        {"infer_s", models}});
    }
    all.push_back({{"mode", row.mode}, {"engine_defaults", row.engine_defaults}, {"rounds", rounds}});
  }
  return all.dump(2);
}

Page modes_page(const std::vector<ModeRow>& rows) {
  Page page{"Ways to share a machine", verdict(rows), {}};
  Chart chart{.title = "Frames per second", .kind = ChartKind::bar};
  Series series{"FPS", {}, {}};
  std::string why;
  for (const ModeRow& row : rows) {
    chart.categories.push_back(row.name());
    series.y.push_back(fps_of(row));
    why += fmt::format("{}: {}\n", row.name(), explain(row, find(rows, "serial", row.engine_defaults)));
  }
  chart.series.push_back(std::move(series));
  auto cells = table(rows);
  Table numbers{"Medians", cells.front(), {}};
  numbers.rows.assign(cells.begin() + 1, cells.end());
  page.sections = {std::move(chart), std::move(numbers), Text{"Why", why}};
  return page;
}

}  // namespace inflight::app
