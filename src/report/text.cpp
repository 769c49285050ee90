// A run for people: one line per question they ask, in the order in which they ask.
#include <fmt/format.h>

#include "inflight/report.hpp"
#include "summary_lines.hpp"
#include "table.hpp"

namespace inflight {
namespace {

constexpr std::size_t kLabelWidth = 12;  // "bottleneck" and two spaces

std::string line(std::string_view label, const std::string& text) {
  return fmt::format("{:<{}}{}\n", label, kLabelWidth, text);
}

std::string stage_table(const std::vector<StageSummary>& stages) {
  return stages.empty() ? "" : report::aligned(report::stage_rows(stages));
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
  std::string text, bottleneck;
  for (const auto& [label, words] : report::summary_lines(summary))
    (label == "bottleneck" ? bottleneck : text) += line(label, words);
  for (const report::Rows& rows : {report::model_rows(summary), report::source_rows(summary)})
    if (!rows.empty()) text += report::aligned(rows);
  text += stage_table(summary.stages) + bottleneck;  // which the table explains
  text += event_lines(summary.events);
  if (!summary.error.empty()) text += line("error", summary.error);
  return text;
}

}  // namespace inflight
