#include "summary_lines.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "inflight/detail/joined.hpp"

namespace inflight::report {
namespace {

/// "3 queue full, 1 stopped".
std::string counts_of(const std::map<std::string, std::uint64_t>& by_reason) {
  return detail::joined(by_reason, ", ",
                        [](const auto& pair) { return fmt::format("{} {}", pair.second, pair.first); });
}

/// " (3 queue full, 1 stopped)", or nothing.
std::string reasons(const std::map<std::string, std::uint64_t>& by_reason) {
  return by_reason.empty() ? "" : fmt::format(" ({})", counts_of(by_reason));
}

/// The accounting as an equation, which the reader can check; "≠" would be a defect of Inflight.
std::string frames_text(const FrameCounts& frames) {
  return fmt::format("{} read {} {} emitted + {} dropped{} + {} failed{}", frames.read, frames.adds_up() ? "=" : "≠",
                     frames.emitted, frames.total_dropped(), reasons(frames.dropped), frames.total_failed(),
                     reasons(frames.failed));
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

/// "at most 7 frames on their way, later 9, 8 at the end: why".
std::string credits_text(const CreditSummary& credits) {
  std::string text = fmt::format("at most {} on their way", count_of(static_cast<int>(credits.start), "frame"));
  if (credits.most != credits.start || credits.end != credits.start)
    text += fmt::format(", later {}, {} at the end", credits.most, credits.end);
  return text + ": " + credits.why;
}

/// Nothing where nothing was calibrated.
std::string limit_text(const RunSummary& summary) {
  std::string text;
  const auto add = [&](std::string_view part, const std::string& value) {
    detail::join(text, ", ", fmt::format("{} {}", part, value));
  };
  if (summary.limit_fps) add("whole pipeline", figures(summary.limit_fps) + " FPS");
  if (summary.efficiency) add("reached", percent(*summary.efficiency));
  if (summary.engine.ceiling_fps) add("engine alone", figures(summary.engine.ceiling_fps) + " FPS");
  return text;
}

/// What was assumed of pictures, source by source where there are several; nothing where they all said it.
std::string colours_text(const RunSummary& summary) {
  std::string text;
  for (const SourceSummary& source : summary.sources) {
    if (source.assumed_matrix.empty()) continue;
    std::string whose = summary.sources.size() < 2 ? "" : fmt::format("{} ", source.id);
    detail::join(text, ", ", fmt::format("{}taken for {}", whose, source.assumed_matrix));
  }
  return text.empty() ? "" : text + ": the pictures do not say";
}

}  // namespace

std::string speed_text(const RunSummary& summary) {
  return fmt::format("{:.1f} FPS{}, {} s, CPU {} s, peak memory {:.0f} MB", summary.fps,
                     summary.api.empty() ? "" : " (" + summary.api + ")", figures(summary.wall_s),
                     figures(summary.cpu_s), summary.peak_rss_mb);
}

std::vector<std::pair<std::string, std::string>> summary_lines(const RunSummary& summary) {
  std::vector<std::pair<std::string, std::string>> lines{{"frames", frames_text(summary.frames)},
                                                         {"speed", speed_text(summary)},
                                                         {"latency", latency_text(summary.latency)}};
  if (summary.models.size() < 2) lines.emplace_back("engine", engine_text(summary.engine));
  if (!summary.credits.why.empty()) lines.emplace_back("credits", credits_text(summary.credits));
  if (std::string limit = limit_text(summary); !limit.empty()) lines.emplace_back("limit", std::move(limit));
  if (!summary.bottleneck.empty()) lines.emplace_back("bottleneck", summary.bottleneck);
  if (std::string colours = colours_text(summary); !colours.empty()) lines.emplace_back("colours", std::move(colours));
  return lines;
}

Rows model_rows(const RunSummary& summary) {
  if (summary.models.size() < 2) return {};
  Rows rows{{"model", "inferences", "p50 ms", "p99 ms", "in all s", "on"}};
  for (const ModelSummary& model : summary.models)
    rows.push_back({model.name, std::to_string(model.inferences), figures(model.p50_ms), figures(model.p99_ms),
                    figures(model.infer_s), engine_text(model.engine)});
  return rows;
}

Rows source_rows(const RunSummary& summary) {
  bool eventful = std::ranges::any_of(summary.sources, [](const SourceSummary& s) { return !s.events.empty(); });
  if (summary.sources.size() < 2 && !eventful) return {};
  Rows rows{{"source", "FPS", "emitted", "dropped", "failed", "age p50 ms", "p95 ms", "p99 ms", "events"}};
  for (const SourceSummary& source : summary.sources) {
    rows.push_back({fmt::format("{} {}", source.id, source.name), fmt::format("{:.1f}", source.fps),
                    std::to_string(source.frames.emitted),
                    std::to_string(source.frames.total_dropped()) + reasons(source.frames.dropped),
                    std::to_string(source.frames.total_failed()), figures(source.age.p50), figures(source.age.p95),
                    figures(source.age.p99), counts_of(source.events)});
  }
  return rows;
}

Rows stage_rows(const std::vector<StageSummary>& stages) {
  Rows rows{{"stage", "core-ms", "p50 ms", "p99 ms", "busy"}};
  for (const StageSummary& stage : stages)
    rows.push_back(
        {stage.name, figures(stage.core_ms), figures(stage.p50_ms), figures(stage.p99_ms), percent(stage.utilisation)});
  return rows;
}

}  // namespace inflight::report
