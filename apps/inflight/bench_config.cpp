#include "bench_config.hpp"

#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "outputs.hpp"

namespace inflight::app {
namespace {

using Json = nlohmann::ordered_json;

/// "ov:CPU" and "CPU" are the same to a file that OpenVINO's program wrote.
std::string bare(const std::string& device) { return device.starts_with("ov:") ? device.substr(3) : device; }

/// OpenVINO's own words for what we have options for; an option that is given on the command line wins.
void take(Options& options, const std::string& name, const std::string& value) {
  if (name == "PERFORMANCE_HINT" && options.hint) return;
  options.detector.compile.properties.emplace(name, value);
}

}  // namespace

Result<void> load_config(const std::string& path, Options& options) {
  auto refuse = [&](const std::string& why) { return fail(ErrorCode::unreadable_input, path + ": " + why); };
  std::ifstream file(path);
  if (!file) return refuse("cannot be opened");
  Json json = Json::parse(file, nullptr, false);
  if (json.is_discarded()) return refuse("it is not JSON");
  if (!json.is_object()) return refuse("it is not an object of devices: {\"CPU\": {\"NUM_STREAMS\": \"2\"}}");
  for (const auto& [device, properties] : json.items()) {
    if (!properties.is_object())
      return refuse(fmt::format("what stands under \"{}\" is not an object of properties", device));
    if (bare(device) != bare(options.device)) continue;
    for (const auto& [name, value] : properties.items())
      take(options, name, value.is_string() ? value.get<std::string>() : value.dump());
  }
  return {};
}

Result<void> dump_config(const std::string& path, const Options& options) {
  const CompileOptions& compile = options.detector.compile;
  Json properties = Json::object();
  properties["PERFORMANCE_HINT"] = compile.hint == PerformanceHint::latency      ? "LATENCY"
                                   : compile.hint == PerformanceHint::throughput ? "THROUGHPUT"
                                                                                 : "CUMULATIVE_THROUGHPUT";
  if (compile.requests > 0) properties["PERFORMANCE_HINT_NUM_REQUESTS"] = std::to_string(compile.requests);
  if (compile.execution_streams > 0) properties["NUM_STREAMS"] = std::to_string(compile.execution_streams);
  if (compile.threads > 0) properties["INFERENCE_NUM_THREADS"] = std::to_string(compile.threads);
  if (compile.precision) properties["INFERENCE_PRECISION_HINT"] = to_string(*compile.precision);
  for (const auto& [name, value] : compile.properties) properties[name] = value;
  return write_text(path, Json{{bare(options.device), properties}}.dump(2));
}

}  // namespace inflight::app
