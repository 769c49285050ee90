// Runs side by side: one column each, since runs are few and numbers are many.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "comparison.hpp"
#include "inflight/report.hpp"
#include "table.hpp"

namespace inflight {
namespace {

using report::Column;
using report::figures;
using report::Rows;

constexpr int kBarWidth = 40;

/// Adds a row of one cell per run; left out where no run has anything to say.
template <class CellOf>
void add_row(Rows& rows, const std::vector<Column>& columns, std::string label, CellOf cell_of) {
  std::vector<std::string> row{std::move(label)};
  for (const Column& column : columns) row.push_back(cell_of(column));
  const auto says_nothing = [](const std::string& cell) { return cell.empty() || cell == "–"; };
  if (!std::all_of(row.begin() + 1, row.end(), says_nothing)) rows.push_back(std::move(row));
}

void add_speed(Rows& rows, const std::vector<Column>& columns) {
  add_row(rows, columns, "FPS", [](const Column& c) { return c.fps ? fmt::format("{:.1f}", c.fps->median) : "–"; });
  add_row(rows, columns, "  min–max", [](const Column& c) {
    return c.fps && c.rounds - c.failed_rounds > 1 ? fmt::format("{:.1f}–{:.1f}", c.fps->min, c.fps->max) : "";
  });
  add_row(rows, columns, "  ratio", [](const Column& c) { return c.ratio ? fmt::format("{:.2f}×", *c.ratio) : "–"; });
  add_row(rows, columns, "    min–max",
          [](const Column& c) { return c.ratios ? fmt::format("{:.2f}–{:.2f}", c.ratios->min, c.ratios->max) : ""; });
}

void add_latency(Rows& rows, const std::vector<Column>& columns) {
  const auto add = [&](const char* label, double LatencySummary::* part) {
    add_row(rows, columns, label,
            [=](const Column& c) { return c.latency ? figures((*c.latency).*part) : std::string("–"); });
  };
  add("end-to-end p50 ms", &LatencySummary::p50);
  add("           p90 ms", &LatencySummary::p90);
  add("           p95 ms", &LatencySummary::p95);
  add("           p99 ms", &LatencySummary::p99);
}

/// What the machine allows, and what it is made of.
void add_limits(Rows& rows, const std::vector<Column>& columns) {
  for (const std::string& stage : report::stage_names(columns)) {
    add_row(rows, columns, stage + " core-ms", [&](const Column& c) { return figures(core_ms_of(c, stage)); });
  }
  add_row(rows, columns, "engine alone FPS", [](const Column& c) { return figures(c.engine.ceiling_fps); });
  add_row(rows, columns, "limit FPS", [](const Column& c) { return figures(c.limit_fps); });
  add_row(rows, columns, "efficiency", [](const Column& c) { return figures(c.efficiency); });
}

/// Under which conditions the numbers hold: runs of another device or precision do other work.
void add_conditions(Rows& rows, const std::vector<Column>& columns) {
  add_row(rows, columns, "device", [](const Column& c) { return c.engine.device; });
  add_row(rows, columns, "precision", [](const Column& c) { return c.engine.precision; });
  add_row(rows, columns, "requests", [](const Column& c) { return c.fps ? std::to_string(c.engine.requests) : "–"; });
  add_row(rows, columns, "rounds", [](const Column& c) {
    return c.failed_rounds > 0 ? fmt::format("{}, {} failed", c.rounds, c.failed_rounds) : std::to_string(c.rounds);
  });
  add_row(rows, columns, "lost frames",
          [](const Column& c) { return c.lost_frames > 0 ? std::to_string(c.lost_frames) : ""; });
}

Rows table_of(const std::vector<Column>& columns) {
  Rows rows;
  add_row(rows, columns, "", [](const Column& c) { return c.name; });
  add_speed(rows, columns);
  add_latency(rows, columns);
  add_limits(rows, columns);
  add_conditions(rows, columns);
  return rows;
}

/// In bytes: names outside ASCII get a little more room than they need.
std::size_t name_width(const std::vector<Column>& columns) {
  std::size_t width = 0;
  for (const Column& column : columns) width = std::max(width, column.name.size());
  return width;
}

std::string bars(const std::vector<Column>& columns) {
  double longest = 0;
  for (const Column& column : columns) longest = std::max(longest, column.fps ? column.fps->median : 0);
  if (longest <= 0) return {};
  std::string text = "\nFPS\n";
  for (const Column& column : columns) {
    const double fps = column.fps ? column.fps->median : 0;
    text += fmt::format("{:<{}}  {} {:.1f}\n", column.name, name_width(columns), report::bar(fps / longest, kBarWidth),
                        fps);
  }
  return text;
}

/// One line per run and text: texts are too long for the cells of a table.
std::string remarks(const std::vector<Column>& columns) {
  std::string bottlenecks;
  std::string errors;
  for (const Column& column : columns) {
    const auto remark = [&](const std::string& text) {
      return fmt::format("{:<{}}  {}\n", column.name, name_width(columns), text);
    };
    if (!column.bottleneck.empty()) bottlenecks += remark(column.bottleneck);
    for (const std::string& error : column.errors) errors += remark(error);
  }
  if (!bottlenecks.empty()) bottlenecks.insert(0, "\nbottleneck\n");
  if (!errors.empty()) errors.insert(0, "\nerrors\n");
  return bottlenecks + errors;
}

/// What to try where a stage limits the run, by the name that its bottleneck begins with.
std::string_view remedy(std::string_view bottleneck) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kRemedies{
      {{"decode", "more --decode-threads, or a smaller video"},
       {"preprocess", "--convert inside, or a video nearer to the model's size"},
       {"infer", "a faster device, precision or model; inflight tune finds what this one can do"},
       {"postprocess", "a higher --score, or a model that does its own suppression"},
       {"sink", "--encode-threads, a faster --codec, or a smaller video"}}};
  for (const auto& [stage, what] : kRemedies)
    if (bottleneck.starts_with(stage)) return what;
  return "";
}

/// The fastest, by how much, what limits it, and what to change.
std::string verdict(const std::vector<Column>& columns) {
  const Column* best = nullptr;
  for (const Column& column : columns)
    if (column.fps && (!best || column.fps->median > best->fps->median)) best = &column;
  if (!best || columns.size() < 2) return {};
  std::string text = fmt::format("\nverdict: {} is the fastest", best->name);
  if (best != &columns.front() && best->ratio) text += fmt::format(", {:.2f}× {}", *best->ratio, columns.front().name);
  if (best->ratios) text += fmt::format(" ({:.2f}–{:.2f})", best->ratios->min, best->ratios->max);
  if (!best->bottleneck.empty())
    text += fmt::format("; its bottleneck is {}", best->bottleneck.substr(0, best->bottleneck.find(':')));
  if (const std::string_view what = remedy(best->bottleneck); !what.empty())
    text += fmt::format("; to change that: {}", what);
  return text + "\n";
}

}  // namespace

std::string compare_text(const std::vector<ComparedRun>& runs) {
  const auto columns = report::columns_of(runs);
  return report::aligned(table_of(columns)) + bars(columns) + remarks(columns) + verdict(columns);
}

}  // namespace inflight
