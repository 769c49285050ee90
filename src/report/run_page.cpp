// A run as a page. Every number that to_text prints stands here too, written by the same functions.
#include <fmt/format.h>

#include "inflight/report.hpp"
#include "series.hpp"
#include "summary_lines.hpp"

namespace inflight {
namespace {

Table summary_table(const RunSummary& summary) {
  Table table{"Summary", {}, {}};
  for (const auto& [label, text] : report::summary_lines(summary)) table.rows.push_back({label, text});
  return table;
}

Chart utilisation(const RunSummary& summary) {
  Chart chart{.title = "Stages: share of the run at work", .y_label = "%", .kind = ChartKind::bar};
  Series series{"at work", {}, {}};
  for (const StageSummary& stage : summary.stages) {
    chart.categories.push_back(stage.name);
    series.y.push_back(100 * stage.utilisation);
  }
  chart.series.push_back(std::move(series));
  return chart;
}

Table to_table(std::string title, const report::Rows& rows) {
  Table table{std::move(title), rows.front(), {}};
  table.rows.assign(rows.begin() + 1, rows.end());
  return table;
}

/// Where there are several.
void add_models_and_sources(Page& page, const RunSummary& summary) {
  if (report::Rows rows = report::model_rows(summary); !rows.empty())
    page.sections.emplace_back(to_table("Models", rows));
  if (report::Rows rows = report::source_rows(summary); !rows.empty())
    page.sections.emplace_back(to_table("Sources", rows));
}

Table event_table(const std::vector<Event>& events) {
  Table table{"Events", {"seconds", "device", "what", "", "inferences/s"}, {}};
  for (const Event& event : events)
    table.rows.push_back({fmt::format("{:.3f}", to_seconds(event.at)), event.device, event.kind, event.text,
                          event.inferences_per_second ? report::figures(*event.inferences_per_second) : ""});
  return table;
}

Page begin_page(const RunReport& report) {
  const RunSummary& summary = report.summary;
  Page page;
  page.title = fmt::format("{:.1f} FPS on {}", summary.fps, summary.engine.device);
  page.subtitle =
      fmt::format("{} run, {} frames in {} s", summary.api, summary.frames.read, report::figures(summary.wall_s));
  if (!summary.error.empty()) page.sections.emplace_back(Text{"The run failed", summary.error});
  return page;
}

void add_environment(Page& page, const RunReport& report) {
  if (!report.summary.events.empty()) page.sections.emplace_back(event_table(report.summary.events));
  if (!report.environment.empty()) page.sections.emplace_back(Table{"Environment", {}, report.environment});
}

}  // namespace

Page to_page(const RunReport& report) {
  Page page = begin_page(report);
  page.sections.emplace_back(summary_table(report.summary));
  add_models_and_sources(page, report.summary);
  if (!report.summary.stages.empty()) {
    page.sections.emplace_back(to_table("Stages", report::stage_rows(report.summary.stages)));
    page.sections.emplace_back(utilisation(report.summary));
  }
  for (Chart& chart : report::charts_of_latency(report.end_to_end)) page.sections.emplace_back(std::move(chart));
  for (Chart& chart : report::charts_over_time(report)) page.sections.emplace_back(std::move(chart));
  add_environment(page, report);
  return page;
}

Page to_page(const RunReport& report, Timeline timeline) {
  Page page = begin_page(report);
  page.sections.emplace_back(TimelineChart{"Requests and threads over time", std::move(timeline)});
  page.sections.emplace_back(summary_table(report.summary));
  add_environment(page, report);
  return page;
}

}  // namespace inflight
