#include "series.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>

namespace inflight::report {
namespace {

using Samples = std::vector<RunSample>;

/// A value of each sample.
template <class ValueOf>
Series level(std::string name, const Samples& samples, ValueOf value_of) {
  Series series{std::move(name), {}, {}};
  for (const RunSample& sample : samples) {
    series.x.push_back(to_seconds(sample.at));
    series.y.push_back(static_cast<double>(value_of(sample)));
  }
  return series;
}

/// So much time a rate is taken over: a sixtieth of the run, so that single frames do not make it jump, and no less
/// than the time between two samples.
Duration window_of(const Samples& samples) {
  return samples.empty() ? Duration{0} : (samples.back().at - samples.front().at) / 60;
}

/// The growth of a value per second.
template <class ValueOf>
Series rate(std::string name, const Samples& samples, ValueOf value_of) {
  Series series{std::move(name), {}, {}};
  const Duration window = window_of(samples);
  std::size_t before = 0;
  for (std::size_t i = 1; i < samples.size(); ++i) {
    while (before + 1 < i && samples[i].at - samples[before + 1].at >= window) ++before;
    // The last sample may come right after the one before; a rate over next to nothing says nothing.
    const double seconds = to_seconds(samples[i].at - samples[before].at);
    if (seconds < 0.02) continue;
    series.x.push_back(to_seconds(samples[i].at));
    series.y.push_back((value_of(samples[i]) - value_of(samples[before])) / seconds);
  }
  return series;
}

/// Samples name those that came later at the end, so the early ones are shorter.
double seconds_at(const std::vector<Duration>& times, std::size_t i) {
  return i < times.size() ? to_seconds(times[i]) : 0;
}

Chart over_time(std::string title, std::string y_label) {
  return {.title = std::move(title), .x_label = "seconds", .y_label = std::move(y_label)};
}

Chart speed(const RunReport& report) {
  Chart chart = over_time("Frames per second", "FPS");
  const Samples& samples = report.samples.samples;
  chart.series.push_back(rate("emitted", samples, [](const RunSample& s) { return static_cast<double>(s.emitted); }));
  for (const Event& event : report.summary.events)
    if (event.kind == "switched" && event.at >= Duration{0})
      chart.markers.push_back({to_seconds(event.at), event.kind + " " + event.device});
  return chart;
}

Chart stages(const RunReport& report) {
  Chart chart = over_time("Stages at work", "% of the time");
  const auto& of_run = report.summary.stages;
  for (std::size_t i = 0; i < report.samples.stages.size(); ++i) {
    const std::string& name = report.samples.stages[i];
    // Inference counts by execution streams, as in the summary.
    const double lanes = name == "infer" ? std::max(1, report.summary.engine.execution_streams) : 1;
    const bool known = std::ranges::find(of_run, name, &StageSummary::name) != of_run.end();
    Series series = rate(name, report.samples.samples, [i](const RunSample& s) { return seconds_at(s.stages, i); });
    for (double& y : series.y) y = std::min(100.0, 100 * y / lanes);
    if (known) chart.series.push_back(std::move(series));
  }
  return chart;
}

Chart occupancy(const Samples& samples) {
  Chart chart = over_time("Requests and frames on their way", "count");
  const auto any = [&](auto field) {
    return std::ranges::any_of(samples, [=](const RunSample& s) { return s.*field > 0; });
  };
  if (!any(&RunSample::requests)) return chart;  // a synchronous run has one
  chart.series.push_back(level("requests in flight", samples, [](const RunSample& s) { return s.in_flight; }));
  chart.series.push_back(level("requests", samples, [](const RunSample& s) { return s.requests; }));
  chart.series.push_back(level("frames held", samples, [](const RunSample& s) { return s.frames_held; }));
  chart.series.push_back(level("frames allowed", samples, [](const RunSample& s) { return s.most_frames; }));
  chart.series.push_back(level("decoded, waiting", samples, [](const RunSample& s) { return s.waiting_to_infer; }));
  chart.series.push_back(level("inferred, waiting", samples, [](const RunSample& s) { return s.waiting_to_post; }));
  return chart;
}

/// The least, the mean and the most of series of the same x.
std::vector<Series> spread_of(const std::vector<Series>& all) {
  Series least{"least busy", all[0].x, all[0].y}, mean{"mean", all[0].x, {}}, most{"busiest", all[0].x, all[0].y};
  for (std::size_t k = 0; k < mean.x.size(); ++k) {
    double sum = 0;
    for (const Series& one : all) {
      least.y[k] = std::min(least.y[k], one.y[k]);
      most.y[k] = std::max(most.y[k], one.y[k]);
      sum += one.y[k];
    }
    mean.y.push_back(sum / static_cast<double>(all.size()));
  }
  return {least, mean, most};
}

/// Of a few cores each; of many their spread.
Chart cores(const RunSamples& samples) {
  constexpr std::size_t kShownAlone = 8;
  Chart chart = over_time("Processor cores, by all processes", "% busy");
  std::vector<Series> all;
  for (std::size_t i = 0; i < samples.cores.size(); ++i) {
    all.push_back(rate(fmt::format("core {}", samples.cores[i]), samples.samples,
                       [i](const RunSample& s) { return seconds_at(s.cores, i); }));
    for (double& y : all.back().y) y = std::min(100.0, 100 * y);
  }
  chart.series = all.size() <= kShownAlone ? std::move(all) : spread_of(all);
  return chart;
}

/// The busiest by name; a hundred idle ones would hide them.
Chart threads(const RunSamples& samples) {
  constexpr std::size_t kShown = 8;
  Chart chart = over_time("Processor time of Inflight's threads, by name", "% of a core");
  if (samples.samples.empty()) return chart;
  const auto used = [&](std::size_t i) {
    return seconds_at(samples.samples.back().threads, i) - seconds_at(samples.samples.front().threads, i);
  };
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < samples.threads.size(); ++i)
    if (used(i) > 0) order.push_back(i);
  std::ranges::sort(order, std::greater(), used);
  order.resize(std::min(order.size(), kShown));
  for (const std::size_t i : order) {
    chart.series.push_back(
        rate(samples.threads[i], samples.samples, [i](const RunSample& s) { return seconds_at(s.threads, i); }));
    for (double& y : chart.series.back().y) y *= 100;
  }
  return chart;
}

Chart lost(const Samples& samples) {
  Chart chart = over_time("Frames dropped and failed, so far", "frames");
  chart.kind = ChartKind::step;
  if (samples.empty() || samples.back().dropped + samples.back().failed == 0) return chart;
  chart.series.push_back(level("dropped", samples, [](const RunSample& s) { return s.dropped; }));
  chart.series.push_back(level("failed", samples, [](const RunSample& s) { return s.failed; }));
  return chart;
}

/// Equal steps from the fastest to the slowest; what is slower than 99.9 % counts with the last.
Chart distribution(const Histogram& times) {
  constexpr int kBins = 40;
  Chart chart{
      .title = "End-to-end time: how often", .x_label = "ms, up to", .y_label = "frames", .kind = ChartKind::bar};
  const Duration width = std::max(Duration{1}, (times.percentile(0.999) - times.min()) / kBins);
  Series series{"frames", {}, {}};
  std::uint64_t before = 0;
  for (int i = 1; i <= kBins; ++i) {
    const Duration end = times.min() + i * width;
    const std::uint64_t count = i == kBins ? times.count() : times.count_up_to(end);
    chart.categories.push_back(fmt::format("{:.3g}", to_ms(end)));
    series.y.push_back(static_cast<double>(count - before));
    before = count;
  }
  chart.series.push_back(std::move(series));
  return chart;
}

Chart cumulative(const Histogram& times) {
  Chart chart{.title = "End-to-end time: how many were as fast", .x_label = "ms", .y_label = "% of frames"};
  Series series{"frames", {}, {}};
  const auto add = [&](double share) {
    series.x.push_back(to_ms(times.percentile(share)));
    series.y.push_back(100 * share);
  };
  for (int percent = 1; percent < 100; ++percent) add(percent / 100.0);
  for (const double share : {0.992, 0.995, 0.998, 0.999, 1.0}) add(share);
  chart.series.push_back(std::move(series));
  for (const double share : {0.5, 0.99})
    chart.markers.push_back({to_ms(times.percentile(share)), fmt::format("p{:.0f}", 100 * share)});
  return chart;
}

}  // namespace

std::vector<Chart> charts_over_time(const RunReport& report) {
  const RunSamples& samples = report.samples;
  std::vector<Chart> charts{speed(report),  stages(report),   occupancy(samples.samples),
                            cores(samples), threads(samples), lost(samples.samples)};
  std::erase_if(charts, [](const Chart& chart) {
    return std::ranges::all_of(chart.series, [](const Series& series) { return series.y.empty(); });
  });
  return charts;
}

std::vector<Chart> charts_of_latency(const Histogram& end_to_end) {
  if (end_to_end.count() == 0) return {};
  return {distribution(end_to_end), cumulative(end_to_end)};
}

}  // namespace inflight::report
