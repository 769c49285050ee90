// The numbers of a load for people: benchmark_app's last block first, since eyes and scripts look for it.
#include <fmt/format.h>

#include <array>
#include <cmath>

#include "inflight/measure.hpp"
#include "json.hpp"

namespace inflight {
namespace {

struct Percentile {
  const char* name;
  double share;
};
constexpr std::array<Percentile, 5> kPercentiles{
    {{"p50", 0.5}, {"p90", 0.9}, {"p95", 0.95}, {"p99", 0.99}, {"p99.9", 0.999}}};

std::string in_ms(const std::optional<double>& value) { return value ? fmt::format("{:.2f} ms", *value) : "unknown"; }

/// The fewest values of which a percentile can be told, for those who ran too few.
std::uint64_t values_needed(double share) {
  return static_cast<std::uint64_t>(std::ceil(std::log(0.01) / std::log(share)));
}

std::string percentile_text(const Histogram& latency, double share) {
  std::optional<double> value = known_percentile_ms(latency, share);
  if (value) return in_ms(value);
  return fmt::format("unknown: {} values, {} needed", latency.count(), values_needed(share));
}

std::string line(const char* label, const std::string& value) {
  return fmt::format("[ INFO ] {:<18} {}\n", label, value);
}

std::string familiar_block(const LoadSummary& summary, int percentile) {
  std::string devices;
  for (const auto& [device, count] : summary.devices) devices += (devices.empty() ? "'" : ", '") + device + "'";
  std::string text = fmt::format("[ INFO ] Execution Devices:[{}]\n", devices);
  text += line("Count:", fmt::format("{} iterations", summary.count));
  text += line("Duration:", fmt::format("{:.2f} ms", 1e3 * summary.wall_s));
  text += "[ INFO ] Latency:\n";
  std::string label = percentile == 50 ? "   Median:" : fmt::format("   {} percentile:", percentile);
  text += line(label.c_str(), percentile_text(summary.latency, percentile / 100.0));
  text += line("   Average:", in_ms(to_ms(summary.latency.mean())));
  text += line("   Min:", in_ms(to_ms(summary.latency.min())));
  text += line("   Max:", in_ms(to_ms(summary.latency.max())));
  return text + fmt::format("[ INFO ] Throughput:   {:.2f} FPS\n", summary.frames_per_second());
}

double core_ms(const LoadSummary& summary) {
  return summary.count > 0 ? 1e3 * summary.cpu_s / static_cast<double>(summary.count) : 0;
}

report::Json window_json(const LoadWindow& window) {
  return {{"count", window.count},
          {"wall_s", report::number(window.wall_s)},
          {"inferences_per_second", report::number(window.per_second())},
          {"mean_latency_ms", report::number(window.mean_latency_ms)}};
}

report::Json latency_json(const Histogram& latency) {
  report::Json json;
  for (const Percentile& p : kPercentiles) json[p.name] = report::number(known_percentile_ms(latency, p.share));
  bool any = latency.count() > 0;
  json["mean"] = any ? report::number(to_ms(latency.mean())) : report::Json(nullptr);
  json["min"] = any ? report::number(to_ms(latency.min())) : report::Json(nullptr);
  json["max"] = any ? report::number(to_ms(latency.max())) : report::Json(nullptr);
  return json;
}

}  // namespace

std::string to_text(const LoadSummary& summary, int percentile) {
  std::string text = familiar_block(summary, percentile);
  text += "[ INFO ] Percentiles:\n";
  for (const Percentile& p : kPercentiles)
    text += line(fmt::format("   {}:", p.name).c_str(), percentile_text(summary.latency, p.share));
  if (summary.first_inference) text += line("First inference:", in_ms(to_ms(*summary.first_inference)));
  text += line("Processor time:", fmt::format("{:.3f} core-ms per inference", core_ms(summary)));
  text += line("Peak memory:", fmt::format("{:.1f} MB", summary.peak_rss_mb));
  text += line("Requests:", fmt::format("{} in flight at most", summary.requests));
  if (summary.mean_batch > 1) text += line("Gathered:", fmt::format("{:.2f} requests per batch", summary.mean_batch));
  if (summary.failed > 0) text += line("Failed:", fmt::format("{}: {}", summary.failed, summary.error));
  Stability held = judge(summary.windows);
  return text + line(held.stable ? "Stable:" : "Not stable:", held.why);
}

std::string to_json(const LoadSummary& summary) {
  Stability held = judge(summary.windows);
  report::Json windows = report::Json::array();
  for (const LoadWindow& window : summary.windows) windows.push_back(window_json(window));
  report::Json json{{"count", summary.count},
                    {"failed", summary.failed},
                    {"queries", summary.queries},
                    {"wall_s", report::number(summary.wall_s)},
                    {"batch", summary.batch},
                    {"inferences_per_second", report::number(summary.inferences_per_second())},
                    {"fps", report::number(summary.frames_per_second())},
                    {"latency_ms", latency_json(summary.latency)},
                    {"first_inference_ms",
                     summary.first_inference ? report::number(to_ms(*summary.first_inference)) : report::Json(nullptr)},
                    {"cpu_s", report::number(summary.cpu_s)},
                    {"core_ms_per_inference", report::number(core_ms(summary))},
                    {"peak_rss_mb", report::number(summary.peak_rss_mb)},
                    {"requests", summary.requests},
                    {"mean_batch", report::number(summary.mean_batch)},
                    {"devices", report::Json::object_t(summary.devices.begin(), summary.devices.end())},
                    {"windows", std::move(windows)},
                    {"stable", held.stable},
                    {"stability", held.why},
                    {"interrupted", summary.interrupted},
                    {"error", report::text_or_null(summary.error)}};
  return report::dump(json);
}

}  // namespace inflight
