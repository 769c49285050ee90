// Runs side by side, as a page.
#include <fmt/format.h>

#include "comparison.hpp"
#include "inflight/report.hpp"
#include "table.hpp"

namespace inflight {
namespace {

using report::Column;
using report::figures;

Chart fps_chart(const std::vector<Column>& columns) {
  Chart chart;
  chart.title = "Speed";
  chart.y_label = "frames per second";
  chart.kind = ChartKind::bar;
  chart.series.push_back({"FPS", {}, {}});
  for (const Column& column : columns) {
    chart.categories.push_back(column.name);
    chart.series.front().y.push_back(column.fps ? column.fps->median : 0);
  }
  return chart;
}

Chart latency_chart(const std::vector<Column>& columns) {
  Chart chart;
  chart.title = "End-to-end latency";
  chart.y_label = "ms";
  chart.kind = ChartKind::bar;
  chart.series = {{"p50", {}, {}}, {"p99", {}, {}}};
  for (const Column& column : columns) {
    chart.categories.push_back(column.name);
    chart.series[0].y.push_back(column.latency ? column.latency->p50 : 0);
    chart.series[1].y.push_back(column.latency ? column.latency->p99 : 0);
  }
  return chart;
}

std::string with_spread(const std::optional<report::Spread>& spread) {
  return spread ? fmt::format("{:.1f} ({:.1f}–{:.1f})", spread->median, spread->min, spread->max) : "–";
}

Table numbers(const std::vector<Column>& columns) {
  Table table{"Numbers",
              {"run", "FPS (min–max)", "ratio", "p50 ms", "p99 ms", "limit FPS", "efficiency", "device", "bottleneck"},
              {}};
  for (const Column& c : columns)
    table.rows.push_back({c.name, with_spread(c.fps), figures(c.ratio), c.latency ? figures(c.latency->p50) : "–",
                          c.latency ? figures(c.latency->p99) : "–", figures(c.limit_fps), figures(c.efficiency),
                          c.engine.device, c.errors.empty() ? c.bottleneck : c.errors.front()});
  return table;
}

}  // namespace

Page compare_page(const std::vector<ComparedRun>& runs) {
  const auto columns = report::columns_of(runs);
  return {"inflight compare",
          fmt::format("{} runs, {} interleaved rounds", runs.size(), runs.empty() ? 0 : runs.front().rounds.size()),
          {fps_chart(columns), latency_chart(columns), numbers(columns)}};
}

}  // namespace inflight
