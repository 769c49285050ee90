#include "bench_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace inflight::app {
namespace {

std::string ms(const std::optional<double>& value) { return value ? fmt::format("{:.3f} ms", *value) : "unknown"; }

Table summary_table(const Options& options, const BenchResult& result) {
  const LoadSummary& load = result.load;
  RuntimeInfo runtime = result.model->runtime();
  auto row = [](const char* name, std::string value) { return std::vector<std::string>{name, std::move(value)}; };
  Table table{"Summary", {"", ""}, {}};
  table.rows = {row("Model", options.model),
                row("Device", options.device + " (" + runtime.device + ")"),
                row("Precision", runtime.precision),
                row("Throughput", fmt::format("{:.2f} FPS", load.frames_per_second())),
                row("Inferences", fmt::format("{} in {:.2f} s, {} failed", load.count, load.wall_s, load.failed)),
                row("Load time", fmt::format("{:.1f} ms", result.load_ms)),
                row("First inference", load.first_inference ? ms(to_ms(*load.first_inference)) : "not measured"),
                row("Processor time",
                    fmt::format("{:.3f} core-ms per inference",
                                1e3 * load.cpu_s / static_cast<double>(std::max<std::uint64_t>(1, load.count)))),
                row("Peak memory", fmt::format("{:.1f} MB", load.peak_rss_mb)),
                row("Requests", std::to_string(load.requests)),
                row("Execution streams", std::to_string(runtime.execution_streams))};
  Stability held = judge(load.windows);
  table.rows.push_back(row(held.stable ? "Stable" : "Not stable", held.why));
  return table;
}

Table latency_table(const Histogram& latency) {
  Table table{"Latency", {"percentile", "latency"}, {}};
  constexpr std::array<std::pair<const char*, double>, 5> kShares{
      {{"p50", 0.5}, {"p90", 0.9}, {"p95", 0.95}, {"p99", 0.99}, {"p99.9", 0.999}}};
  for (const auto& [name, share] : kShares) table.rows.push_back({name, ms(known_percentile_ms(latency, share))});
  table.rows.push_back({"min", ms(to_ms(latency.min()))});
  table.rows.push_back({"mean", ms(to_ms(latency.mean()))});
  table.rows.push_back({"max", ms(to_ms(latency.max()))});
  return table;
}

/// The share of inferences that were answered within a time.
Chart distribution(const Histogram& latency) {
  Chart chart;
  chart.title = "Latency, cumulative";
  chart.x_label = "latency in ms";
  chart.y_label = "share of inferences in %";
  chart.kind = ChartKind::line;
  Series series{"within", {}, {}};
  for (int i = 0; i <= 200; ++i) {
    double share = std::min(1.0, 0.001 + i / 200.0);
    series.x.push_back(to_ms(latency.percentile(share)));
    series.y.push_back(100 * share);
  }
  chart.series.push_back(std::move(series));
  return chart;
}

Chart windows_chart(const LoadSummary& load) {
  Chart chart;
  chart.title = "Throughput by thirds of the run";
  chart.y_label = "FPS";
  chart.kind = ChartKind::bar;
  Series series{"FPS", {}, {}};
  for (std::size_t i = 0; i < load.windows.size(); ++i) {
    chart.categories.push_back(fmt::format("{} of {}", i + 1, load.windows.size()));
    series.y.push_back(load.windows[i].per_second() * static_cast<double>(load.batch));
  }
  chart.series.push_back(std::move(series));
  return chart;
}

Text verdict_section(const BenchOptions& bench, const ScenarioVerdict& verdict) {
  std::string text = fmt::format("{}: {}", verdict.valid ? "VALID" : "INVALID", verdict.metric);
  if (verdict.value) text += fmt::format(" {:.3f}", *verdict.value);
  for (const std::string& reason : verdict.reasons) text += "; " + reason;
  return {fmt::format("MLPerf scenario {}", to_string(*bench.scenario)), text};
}

Table events_table(const Timeline& timeline) {
  Table table{"Events", {"at", "device", "event", "what"}, {}};
  for (const Event& event : timeline.events)
    table.rows.push_back({fmt::format("{:.3f} s", to_seconds(event.at)), event.device, event.kind, event.text});
  return table;
}

}  // namespace

std::shared_ptr<DeviceLog> keep_events(CompileOptions& compile) {
  auto log = std::make_shared<DeviceLog>();
  compile.on_event = [log, user = compile.on_event](const DeviceEvent& event) {
    log->add(event);
    if (user) user(event);
  };
  return log;
}

std::vector<Section> timeline_sections(const std::string& title, Timeline timeline) {
  std::vector<Section> sections;
  bool eventful = !timeline.events.empty();
  Table events = events_table(timeline);
  sections.emplace_back(TimelineChart{title, std::move(timeline)});
  if (eventful) sections.emplace_back(std::move(events));
  return sections;
}

Page bench_page(const Options& options, const BenchOptions& bench, const BenchResult& result) {
  Page page{"inflight bench", fmt::format("{} on {}", options.model, options.device), {}};
  page.sections.emplace_back(summary_table(options, result));
  if (result.verdict) page.sections.emplace_back(verdict_section(bench, *result.verdict));
  page.sections.emplace_back(latency_table(result.load.latency));
  if (result.load.latency.count() > 0) page.sections.emplace_back(distribution(result.load.latency));
  if (!result.load.windows.empty()) page.sections.emplace_back(windows_chart(result.load));
  if (!result.timeline.requests.empty())
    for (Section& section : timeline_sections("Requests", result.timeline)) page.sections.push_back(std::move(section));
  return page;
}

}  // namespace inflight::app
