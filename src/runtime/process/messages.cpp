#include "messages.hpp"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "channel.hpp"
#include "checked_cbor.hpp"
#include "printable.hpp"

namespace inflight {
namespace {

using Json = nlohmann::json;

// ---- to JSON ----

Json to_object(const Shape& shape) { return Json(std::vector<std::int64_t>(shape.begin(), shape.end())); }

Json to_object(const std::vector<Port>& ports) {
  Json all = Json::array();
  for (const Port& port : ports)
    all.push_back({{"name", port.name},
                   {"type", static_cast<int>(port.type)},
                   {"shape", to_object(port.shape)},
                   {"layout", port.layout}});
  return all;
}

Json to_object(const std::optional<ElementType>& type) { return type ? Json(static_cast<int>(*type)) : Json(); }

Json to_object(const RuntimeInfo& info) {
  return {{"engine", info.engine},
          {"device", info.device},
          {"precision", info.precision},
          {"execution_streams", info.execution_streams}};
}

Json to_object(const CompileOptions& options) {
  Json shapes = Json::object();
  for (const auto& [name, shape] : options.shapes) shapes[name] = to_object(shape);
  return {{"hint", static_cast<int>(options.hint)},
          {"requests", options.requests},
          {"execution_streams", options.execution_streams},
          {"threads", options.threads},
          {"batch", options.batch},
          {"shapes", shapes},
          {"input_type", to_object(options.input_type)},
          {"output_type", to_object(options.output_type)},
          {"precision", to_object(options.precision)},
          {"u8_input", options.u8_input},
          {"mean", options.mean},
          {"scale", options.scale},
          {"cache_dir", options.cache_dir.string()},
          {"properties", options.properties},
          {"batching", {options.batching.max_size, options.batching.max_delay.count()}},
          {"process", {options.process.answer_time.count(), options.process.compile_time.count()}},
          {"auto_batching", options.auto_batching ? Json(*options.auto_batching) : Json()}};
}

Encoded to_bytes(const Json& json) {
  std::vector<std::uint8_t> cbor = Json::to_cbor(json);
  auto bytes = std::as_bytes(std::span(cbor));
  return {bytes.begin(), bytes.end()};
}

// ---- from JSON: these throw where something is missing or cannot be, and decode() catches ----

constexpr std::size_t kMostPorts = 1024;
constexpr std::size_t kLongestName = 1024;
constexpr std::size_t kLongestEvent = 4096;
constexpr std::int64_t kMostStreams = 1 << 16;

/// A number of another kind, or one that is too large, would become any other.
std::int64_t to_integer(const Json& json, std::int64_t low, std::int64_t high) {
  if (!json.is_number_integer()) throw std::runtime_error("a number is missing");
  bool huge = json.is_number_unsigned() && json.get<std::uint64_t>() > std::numeric_limits<std::int64_t>::max();
  auto value = huge ? std::numeric_limits<std::int64_t>::max() : json.get<std::int64_t>();
  if (huge || value < low || value > high) throw std::runtime_error(json.dump() + " is out of range");
  return value;
}

int to_int(const Json& json) {
  return static_cast<int>(to_integer(json, std::numeric_limits<int>::min(), std::numeric_limits<int>::max()));
}

Duration to_duration(const Json& json) {
  return Duration(
      to_integer(json, std::numeric_limits<Duration::rep>::min(), std::numeric_limits<Duration::rep>::max()));
}

std::string to_name(const Json& json, std::size_t most = kLongestName) {
  return printable(json.get_ref<const std::string&>(), most);
}

Shape to_shape(const Json& json) {
  if (!json.is_array() || json.size() > Shape::kMaxRank) throw std::runtime_error("a shape has too many dimensions");
  std::vector<std::int64_t> dims;
  for (const Json& dim : json) dims.push_back(to_integer(dim, -1, std::numeric_limits<std::int64_t>::max()));
  return Shape(dims);
}

ElementType to_type(const Json& json) {
  return static_cast<ElementType>(to_integer(json, 0, static_cast<int>(ElementType::other)));
}

std::optional<ElementType> to_optional_type(const Json& json) {
  return json.is_null() ? std::nullopt : std::optional(to_type(json));
}

std::vector<Port> to_ports(const Json& json) {
  if (!json.is_array() || json.size() > kMostPorts) throw std::runtime_error("there are too many ports");
  std::vector<Port> ports;
  for (const Json& port : json)
    ports.push_back(
        {to_name(port.at("name")), to_type(port.at("type")), to_shape(port.at("shape")), to_name(port.at("layout"))});
  return ports;
}

RuntimeInfo to_runtime(const Json& json) {
  return {to_name(json.at("engine")), to_name(json.at("device")), to_name(json.at("precision")),
          static_cast<int>(to_integer(json.at("execution_streams"), 0, kMostStreams))};
}

CompileOptions to_options(const Json& json) {
  CompileOptions options;
  constexpr auto kLastHint = static_cast<int>(PerformanceHint::cumulative_throughput);
  options.hint = static_cast<PerformanceHint>(to_integer(json.at("hint"), 0, kLastHint));
  options.requests = to_int(json.at("requests"));
  options.execution_streams = to_int(json.at("execution_streams"));
  options.threads = to_int(json.at("threads"));
  options.batch = to_int(json.at("batch"));
  for (const auto& [name, shape] : json.at("shapes").items()) options.shapes[name] = to_shape(shape);
  options.input_type = to_optional_type(json.at("input_type"));
  options.output_type = to_optional_type(json.at("output_type"));
  options.precision = to_optional_type(json.at("precision"));
  options.u8_input = json.at("u8_input");
  json.at("mean").get_to(options.mean);
  json.at("scale").get_to(options.scale);
  options.cache_dir = json.at("cache_dir").get<std::string>();
  json.at("properties").get_to(options.properties);
  options.batching = {to_int(json.at("batching").at(0)), to_duration(json.at("batching").at(1))};
  options.process = {to_duration(json.at("process").at(0)), to_duration(json.at("process").at(1))};
  if (const Json& wanted = json.at("auto_batching"); !wanted.is_null()) options.auto_batching = wanted.get<bool>();
  return options;
}

DeviceEvent to_event(const Json& json) {
  DeviceEvent event{TimePoint(to_duration(json.at("at"))),
                    to_name(json.at("kind")),
                    to_name(json.at("device")),
                    to_name(json.at("text"), kLongestEvent),
                    {}};
  if (const Json& speed = json.at("inferences_per_second"); !speed.is_null())
    event.inferences_per_second = speed.get<double>();
  if (!std::isfinite(event.inferences_per_second.value_or(0))) throw std::runtime_error("a speed is no number");
  return event;
}

template <class T, class Read>
Result<T> decode(std::span<const std::byte> bytes, Read read) try {
  // The library follows what is nested on the stack, however deep it goes.
  if (!is_plain_cbor(bytes)) return fail(ErrorCode::internal, "the process of a model was not understood: no value");
  const auto* begin = reinterpret_cast<const std::uint8_t*>(bytes.data());
  return T(read(Json::from_cbor(begin, begin + bytes.size())));
} catch (const std::exception& error) {
  return fail(ErrorCode::internal, std::string("the process of a model was not understood: ") + error.what());
}

}  // namespace

Encoded encode(const CompileOrder& order) {
  return to_bytes({{"model", order.model}, {"device", order.device}, {"options", to_object(order.options)}});
}

Encoded encode(const CompiledState& state) {
  return to_bytes({{"name", state.info.name},
                   {"inputs", to_object(state.info.inputs)},
                   {"outputs", to_object(state.info.outputs)},
                   {"metadata", state.info.metadata},
                   {"runtime", to_object(state.runtime)},
                   {"optimal_requests", state.optimal_requests}});
}

Encoded encode(const ForwardedEvent& forwarded) {
  const DeviceEvent& event = forwarded.event;
  const std::optional<double>& speed = event.inferences_per_second;
  return to_bytes({{"at", event.at.time_since_epoch().count()},
                   {"kind", event.kind},
                   {"device", event.device},
                   {"text", event.text},
                   {"inferences_per_second", speed ? Json(*speed) : Json()},
                   {"runtime", forwarded.runtime ? to_object(*forwarded.runtime) : Json()}});
}

Result<CompileOrder> decode_order(std::span<const std::byte> bytes) {
  return decode<CompileOrder>(bytes, [](const Json& json) {
    return CompileOrder{json.at("model"), json.at("device"), to_options(json.at("options"))};
  });
}

Result<CompiledState> decode_state(std::span<const std::byte> bytes) {
  return decode<CompiledState>(bytes, [](const Json& json) {
    ModelInfo info{to_name(json.at("name")), to_ports(json.at("inputs")), to_ports(json.at("outputs")),
                   json.at("metadata")};
    return CompiledState{std::move(info), to_runtime(json.at("runtime")),
                         static_cast<int>(to_integer(json.at("optimal_requests"), 1, kMostRequests))};
  });
}

Result<ForwardedEvent> decode_event(std::span<const std::byte> bytes) {
  return decode<ForwardedEvent>(bytes, [](const Json& json) {
    ForwardedEvent forwarded{to_event(json), std::nullopt};
    if (const Json& runtime = json.at("runtime"); !runtime.is_null()) forwarded.runtime = to_runtime(runtime);
    return forwarded;
  });
}

}  // namespace inflight
