#include "json.hpp"

#include <cmath>

namespace inflight::report {
namespace {

Json to_object(const FrameCounts& frames) {
  return {{"read", frames.read},
          {"emitted", frames.emitted},
          {"dropped", Json::object_t(frames.dropped.begin(), frames.dropped.end())},
          {"failed", Json::object_t(frames.failed.begin(), frames.failed.end())}};
}

Json to_object(const StageSummary& stage) {
  return {{"core_ms", number(stage.core_ms)},
          {"p50_ms", number(stage.p50_ms)},
          {"p99_ms", number(stage.p99_ms)},
          {"utilisation", number(stage.utilisation)}};
}

/// By name, for those who look one up; the order stays that of a frame's way.
Json to_object(const std::vector<StageSummary>& stages) {
  Json object = Json::object();
  for (const StageSummary& stage : stages) object[stage.name] = to_object(stage);
  return object;
}

Json to_object(const EngineSummary& engine) {
  return {{"engine", engine.engine},
          {"device", engine.device},
          {"precision", engine.precision},
          {"requests", engine.requests},
          {"execution_streams", engine.execution_streams},
          {"ceiling_fps", number(engine.ceiling_fps)}};
}

Json to_object(const ModelSummary& model) {
  return {{"name", model.name},
          {"engine", to_object(model.engine)},
          {"inferences", model.inferences},
          {"infer_s", number(model.infer_s)},
          {"p50_ms", number(model.p50_ms)},
          {"p99_ms", number(model.p99_ms)}};
}

Json to_object(const SourceSummary& source) {
  return {{"id", source.id},
          {"name", source.name},
          {"priority", source.priority},
          {"frames", to_object(source.frames)},
          {"fps", number(source.fps)},
          {"latency_ms", report::to_object(source.latency)},
          {"age_ms", report::to_object(source.age)},
          {"events", Json::object_t(source.events.begin(), source.events.end())},
          {"assumed_matrix", text_or_null(source.assumed_matrix)}};
}

Json to_object(const CreditSummary& credits) {
  return {{"start", credits.start}, {"most", credits.most}, {"end", credits.end}, {"why", text_or_null(credits.why)}};
}

template <class T>
Json to_array(const std::vector<T>& all) {
  Json array = Json::array();
  for (const T& one : all) array.push_back(to_object(one));
  return array;
}

Json to_array(const std::vector<Event>& events) {
  Json array = Json::array();
  for (const Event& event : events) {
    Json object{{"at_s", number(to_seconds(event.at))}, {"kind", event.kind}, {"text", event.text}};
    if (!event.device.empty()) object["device"] = event.device;
    if (event.inferences_per_second) object["inferences_per_second"] = number(event.inferences_per_second);
    array.push_back(std::move(object));
  }
  return array;
}

}  // namespace

Json number(double value) {
  if (!std::isfinite(value)) return nullptr;
  constexpr double kScale = 1e4;
  return std::round(value * kScale) / kScale + 0.0;  // + 0.0 turns −0 into 0
}

Json number(const std::optional<double>& value) { return value ? number(*value) : Json(nullptr); }

Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json to_object(const LatencySummary& latency) {
  return {{"p50", number(latency.p50)},
          {"p90", number(latency.p90)},
          {"p95", number(latency.p95)},
          {"p99", number(latency.p99)},
          {"max", number(latency.max)}};
}

Json to_object(const RunSummary& summary) {
  return {{"api", summary.api},
          {"frames", to_object(summary.frames)},
          {"wall_s", number(summary.wall_s)},
          {"cpu_s", number(summary.cpu_s)},
          {"peak_rss_mb", number(summary.peak_rss_mb)},
          {"fps", number(summary.fps)},
          {"credit_frames", summary.credit_frames},
          {"credits", to_object(summary.credits)},
          {"latency_ms", to_object(summary.latency)},
          {"stages", to_object(summary.stages)},
          {"engine", to_object(summary.engine)},
          {"models", to_array(summary.models)},
          {"sources", to_array(summary.sources)},
          {"limit_fps", number(summary.limit_fps)},
          {"efficiency", number(summary.efficiency)},
          {"bottleneck", text_or_null(summary.bottleneck)},
          {"events", to_array(summary.events)},
          {"error", text_or_null(summary.error)}};
}

std::string dump(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace); }

}  // namespace inflight::report

namespace inflight {

std::string to_json(const RunSummary& summary) { return report::dump(report::to_object(summary)); }

}  // namespace inflight
