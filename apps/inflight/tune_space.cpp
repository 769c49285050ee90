#include "tune_space.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace inflight::app {
namespace {

/// What decides how the model is compiled.
struct Compiled {
  int streams = 1;
  int threads = 0;
  int batch = 0;
  int delay_ms = 0;
  bool inside = true;  ///< pictures converted inside the engine's graph
  std::string precision;
};

std::vector<int> stream_counts(int cores) {
  std::set<int> counts;
  for (int streams = 1; streams < cores; streams *= 2) counts.insert(streams);
  counts.insert(cores);
  return {counts.begin(), counts.end()};
}

/// The device's default always; others where it says that it is at home in them.
std::vector<std::string> precisions(const Options& options, const std::string& by_default) {
  std::vector<std::string> names{""};
  if (options.detector.compile.precision) return names;
  static const std::map<std::string, std::string> kKnown{{"FP32", "f32"}, {"BF16", "bf16"}, {"FP16", "f16"}};
  for (const EngineStatus& engine : engines()) {
    bool named =
        options.device.find(engine.name + ":") != std::string::npos || (engine.name == "ov" && options.device == "CPU");
    if (!engine.engine || !named || engine.name != "ov") continue;
    for (const DeviceInfo& device : engine.engine->devices())
      for (const std::string& capability : device.capabilities)
        if (auto known = kKnown.find(capability);
            known != kKnown.end() && device.name == "CPU" && known->second != by_default)
          names.push_back(known->second);
  }
  return names;
}

/// A virtual device schedules by itself; only plain ones are gathered into batches here.
bool is_plain(const std::string& device) {
  return !device.starts_with("AUTO") && !device.starts_with("MULTI") && !device.starts_with("BATCH");
}

std::vector<Compiled> compilations(const Options& options, const TuneMachine& machine) {
  std::vector<Compiled> all;
  std::vector<int> batches{0};
  if (is_plain(options.device)) batches.insert(batches.end(), {4, 8});
  for (const std::string& precision : precisions(options, machine.precision)) {
    for (int streams : stream_counts(machine.cores)) {
      for (bool inside : {true, false}) {
        for (int batch : batches) all.push_back({streams, 0, batch, batch > 0 ? 5 : 0, inside, precision});
        // A core left to decoding and drawing.
        if (streams == 1 && machine.cores > 1) all.push_back({1, machine.cores - 1, 0, 0, inside, precision});
      }
    }
  }
  return all;
}

Settings to_settings(const Options& options, const Compiled& compiled) {
  Settings settings;
  if (compiled.batch > 0) {
    settings.emplace_back("device", fmt::format("BATCH:{}({})", options.device, compiled.batch));
    settings.emplace_back("property", fmt::format("AUTO_BATCH_TIMEOUT={}", compiled.delay_ms));
  }
  settings.emplace_back("streams", std::to_string(compiled.streams));
  if (compiled.threads > 0) settings.emplace_back("threads", std::to_string(compiled.threads));
  if (!compiled.inside) settings.emplace_back("convert", "outside");
  if (!compiled.precision.empty()) settings.emplace_back("precision", compiled.precision);
  return settings;
}

std::set<int> request_counts(const Compiled& compiled) {
  int unit = std::max(1, compiled.batch) * compiled.streams;
  if (compiled.batch > 0) return {unit, 2 * unit};
  return {unit, unit + 1, 2 * unit, 3 * unit};
}

}  // namespace

std::vector<TuneSetting> tune_space(const Options& options, const TuneMachine& machine) {
  std::vector<TuneSetting> all;
  for (const Compiled& compiled : compilations(options, machine)) {
    Settings settings = to_settings(options, compiled);
    for (int requests : request_counts(compiled)) {
      for (int decode_threads : {1, 2}) {
        TuneSetting setting{settings, to_arguments(settings)};
        setting.settings.emplace_back("requests", std::to_string(requests));
        setting.settings.emplace_back("decode-threads", std::to_string(decode_threads));
        all.push_back(std::move(setting));
      }
    }
  }
  return all;
}

}  // namespace inflight::app
