#include "metrics_families.hpp"

#include <array>
#include <limits>
#include <nlohmann/json.hpp>

namespace inflight::app {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

/// The page is UTF-8, and names of files may be anything: replaced as in the JSON.
std::string to_utf8(const std::string& text) {
  using nlohmann::json;
  return json::parse(json(text).dump(-1, ' ', false, json::error_handler_t::replace)).get<std::string>();
}

/// Builds a family of counters or gauges, one value after the other.
class Family {
 public:
  Family(MetricType type, std::string name, std::string help) {
    family_.type = type;
    family_.name = "inflight_" + std::move(name);
    family_.help = std::move(help);
  }
  Family& add(double value, Labels labels = {}) {
    ClientMetric& metric = family_.metric.emplace_back();
    metric.label = std::move(labels);
    for (ClientMetric::Label& label : metric.label) label.value = to_utf8(label.value);
    (family_.type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
    return *this;
  }
  Family& add(std::uint64_t value, Labels labels = {}) { return add(static_cast<double>(value), std::move(labels)); }
  MetricFamily done() { return std::move(family_); }

 private:
  MetricFamily family_;
};

Family counter(std::string name, std::string help) { return {MetricType::Counter, std::move(name), std::move(help)}; }
Family gauge(std::string name, std::string help) { return {MetricType::Gauge, std::move(name), std::move(help)}; }
MetricFamily gauge(std::string name, std::string help, std::uint64_t value) {
  return gauge(std::move(name), std::move(help)).add(value).done();
}

MetricFamily frames(const FrameCounts& counts) {
  Family family = counter("frames_total", "Frames that have ended, by how and why.");
  family.add(counts.emitted, {{"status", "emitted"}, {"reason", ""}});
  for (const auto& [reason, count] : counts.dropped) family.add(count, {{"status", "dropped"}, {"reason", reason}});
  for (const auto& [reason, count] : counts.failed) family.add(count, {{"status", "failed"}, {"reason", reason}});
  return family.done();
}

MetricFamily source_frames(const std::vector<SourceStatus>& sources) {
  Family family = counter("source_frames_total", "Frames of each source that have ended, by how.");
  for (const SourceStatus& source : sources) {
    std::string id = std::to_string(source.id);
    family.add(source.frames.emitted, {{"source", id}, {"name", source.name}, {"status", "emitted"}});
    family.add(source.frames.total_dropped(), {{"source", id}, {"name", source.name}, {"status", "dropped"}});
    family.add(source.frames.total_failed(), {{"source", id}, {"name", source.name}, {"status", "failed"}});
  }
  return family.done();
}

MetricFamily source_events(const std::vector<SourceStatus>& sources) {
  Family family = counter("source_events_total", "What happened to live sources: lost, stalled, reconnected.");
  for (const SourceStatus& source : sources)
    for (const auto& [kind, count] : source.events)
      family.add(count, {{"source", std::to_string(source.id)}, {"name", source.name}, {"kind", kind}});
  return family.done();
}

MetricFamily stage_seconds(const std::vector<StageProgress>& stages) {
  Family family = counter("stage_seconds_total", "Time that a stage was at work, over all of its threads.");
  for (const StageProgress& stage : stages) family.add(to_seconds(stage.busy), {{"stage", stage.name}});
  return family.done();
}

MetricFamily stage_frames(const std::vector<StageProgress>& stages) {
  Family family = counter("stage_frames_total", "Frames that a stage has worked on.");
  for (const StageProgress& stage : stages) family.add(stage.frames, {{"stage", stage.name}});
  return family.done();
}

MetricFamily end_to_end(const Histogram& times) {
  constexpr std::array kBounds{0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0};
  MetricFamily family;
  family.type = MetricType::Histogram;
  family.name = "inflight_end_to_end_seconds";
  family.help = "From the reading of a frame to its result.";
  ClientMetric::Histogram& histogram = family.metric.emplace_back().histogram;
  histogram.sample_count = times.count();
  histogram.sample_sum = to_seconds(times.sum());
  for (double bound : kBounds) {
    auto up_to = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(bound));
    histogram.bucket.push_back({times.count_up_to(up_to), bound});
  }
  histogram.bucket.push_back({times.count(), std::numeric_limits<double>::infinity()});
  return family;
}

}  // namespace

std::vector<MetricFamily> families_of(const RunStatus& status) {
  return {counter("frames_read_total", "Frames that the sources gave.").add(status.frames.read).done(),
          frames(status.frames),
          source_frames(status.sources),
          source_events(status.sources),
          stage_seconds(status.stages),
          stage_frames(status.stages),
          end_to_end(status.end_to_end),
          gauge("requests", "Inferences that may be in flight.", static_cast<std::uint64_t>(status.requests)),
          gauge("requests_in_flight", "Inferences in flight.", static_cast<std::uint64_t>(status.in_flight)),
          gauge("credits_frames_held", "Frames between their sources and the last sink.", status.frames_held),
          gauge("credits_frames_max", "Frames that may be held.", status.most_frames),
          gauge("credits_bytes_held", "Pixels held, in bytes.", status.bytes_held),
          gauge("credits_bytes_max", "Pixels that may be held, in bytes.", status.most_bytes),
          gauge("frames_waiting", "Frames in the queues between stages.")
              .add(status.waiting_to_infer, {{"for", "infer"}})
              .add(status.waiting_to_post, {{"for", "postprocess"}})
              .done()};
}

MetricFamily family_of(const RuntimeInfo& runtime) {
  return gauge("device_info", "What the model runs on; always 1.")
      .add(std::uint64_t{1}, {{"engine", runtime.engine}, {"device", runtime.device}, {"precision", runtime.precision}})
      .done();
}

MetricFamily family_of(const EventCounts& events) {
  Family family =
      counter("device_events_total", "What AUTO, MULTI and BATCH devices did; kind \"switched\" counts switches.");
  for (const auto& [what, count] : events) family.add(count, {{"kind", what.first}, {"device", what.second}});
  return family.done();
}

}  // namespace inflight::app
