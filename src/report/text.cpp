// A run for people: one line per question they ask, in the order in which they ask.
#include <fmt/format.h>

#include <algorithm>

#include "inflight/report.hpp"
#include "table.hpp"

namespace inflight {
namespace {

using report::figures;

constexpr std::size_t kLabelWidth = 12;  // "bottleneck" and two spaces

std::string line(std::string_view label, const std::string& text) {
  return fmt::format("{:<{}}{}\n", label, kLabelWidth, text);
}

/// " (3 queue full, 1 stopped)", or nothing.
std::string reasons(const std::map<std::string, std::uint64_t>& by_reason) {
  std::string text;
  for (const auto& [reason, count] : by_reason) {
    text += fmt::format("{}{} {}", text.empty() ? " (" : ", ", count, reason);
  }
  return text.empty() ? text : text + ")";
}

/// The accounting as an equation, which the reader can check; "≠" would be a defect of Inflight.
std::string frames_text(const FrameCounts& frames) {
  return fmt::format("{} read {} {} emitted + {} dropped{} + {} failed{}", frames.read, frames.adds_up() ? "=" : "≠",
                     frames.emitted, frames.total_dropped(), reasons(frames.dropped), frames.total_failed(),
                     reasons(frames.failed));
}

std::string speed_text(const RunSummary& summary) {
  return fmt::format("{:.1f} FPS{}, {} s, CPU {} s, peak memory {:.0f} MB", summary.fps,
                     summary.api.empty() ? "" : " (" + summary.api + ")", figures(summary.wall_s),
                     figures(summary.cpu_s), summary.peak_rss_mb);
}

std::string latency_text(const LatencySummary& latency) {
  return fmt::format("p50 {}   p90 {}   p95 {}   p99 {}   max {} ms end to end", figures(latency.p50),
                     figures(latency.p90), figures(latency.p95), figures(latency.p99), figures(latency.max));
}

std::string count_of(int n, std::string_view thing) { return fmt::format("{} {}{}", n, thing, n == 1 ? "" : "s"); }

std::string engine_text(const EngineSummary& engine) {
  return fmt::format("{}{}{}, {}, {}", engine.device.empty() ? engine.engine : engine.device,
                     engine.precision.empty() ? "" : " in ", engine.precision, count_of(engine.requests, "request"),
                     count_of(engine.execution_streams, "execution stream"));
}

/// Nothing where nothing was calibrated.
std::string limit_line(const RunSummary& summary) {
  std::string text;
  const auto add = [&](std::string_view part, const std::string& value) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", part, value);
  };
  if (summary.limit_fps) add("whole pipeline", figures(summary.limit_fps) + " FPS");
  if (summary.efficiency) add("reached", report::percent(*summary.efficiency));
  if (summary.engine.ceiling_fps) add("engine alone", figures(summary.engine.ceiling_fps) + " FPS");
  return text.empty() ? text : line("limit", text);
}

std::string stage_table(const std::vector<StageSummary>& stages) {
  if (stages.empty()) return {};
  report::Rows rows{{"stage", "core-ms", "p50 ms", "p99 ms", "busy"}};
  for (const StageSummary& stage : stages) {
    rows.push_back({stage.name, figures(stage.core_ms), figures(stage.p50_ms), figures(stage.p99_ms),
                    report::percent(stage.utilisation)});
  }
  return report::aligned(rows);
}

std::string event_lines(const std::vector<Event>& events) {
  std::string text;
  for (const Event& event : events) {
    text += line(text.empty() ? "events" : "", fmt::format("{:>8.3f} s  {}{}{}: {}", to_seconds(event.at), event.device,
                                                           event.device.empty() ? "" : " ", event.kind, event.text));
  }
  return text;
}

}  // namespace

std::string to_text(const RunSummary& summary) {
  std::string text = line("frames", frames_text(summary.frames));
  text += line("speed", speed_text(summary));
  text += line("latency", latency_text(summary.latency));
  text += line("engine", engine_text(summary.engine));
  text += limit_line(summary);
  text += stage_table(summary.stages);
  if (!summary.bottleneck.empty()) text += line("bottleneck", summary.bottleneck);
  text += event_lines(summary.events);
  if (!summary.error.empty()) text += line("error", summary.error);
  return text;
}

}  // namespace inflight
