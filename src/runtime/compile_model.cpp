// From a device string to a compiled model.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "clock_thread.hpp"
#include "device_string.hpp"
#include "inflight/detail/joined.hpp"
#include "inflight/engine.hpp"
#include "plugin.hpp"
#include "redacted.hpp"
#include "virtual_device.hpp"
#include "well_known_properties.hpp"

namespace inflight {
namespace {

using Kind = DeviceSpec::Kind;
using Compiled = Result<std::shared_ptr<CompiledModel>>;

struct Target {
  std::shared_ptr<Engine> engine;
  std::string device;
};

/// One line: what could have been asked for, and which engines are not usable and why.
std::string known_devices() {
  std::string known, unusable;
  for (const EngineStatus& status : engines()) {
    if (!status.engine && status.where.empty()) continue;  // optional engines are absent more often than not
    if (!status.engine) unusable += fmt::format("; engine {} is not usable: {}", status.name, status.problem);
    if (!status.engine) continue;
    for (const DeviceInfo& device : status.engine->devices())
      detail::join(known, ", ", status.name + ":" + device.name);
  }
  return (known.empty() ? "there is no device" : "the devices are " + known) + unusable;
}

tl::unexpected<Error> unknown_device(const std::string& device) {
  return fail(ErrorCode::device_unusable, fmt::format("device \"{}\" is not known; {}", device, known_devices()));
}

/// One that lists no devices could not ask for them; it says why when it is to compile.
bool offers(const Engine& engine, const std::string& device, bool by_prefix) {
  auto devices = engine.devices();
  if (devices.empty()) return by_prefix;
  return std::ranges::any_of(devices, [&](const DeviceInfo& d) { return d.name == device; });
}

Result<Target> find_target(const std::string& text) {
  std::size_t colon = text.find(':');
  std::string prefix = text.substr(0, colon);
  std::string device = colon == std::string::npos ? "" : text.substr(colon + 1);
  for (const EngineStatus& status : engines()) {
    if (status.name == prefix && !status.engine)
      return fail(ErrorCode::device_unusable, fmt::format("engine {} is not usable: {}", prefix, status.problem));
    if (!status.engine) continue;
    if (status.name == prefix && (prefix == "sim" || offers(*status.engine, device, true)))
      return Target{status.engine, device};
    if (colon == std::string::npos && offers(*status.engine, text, false)) return Target{status.engine, text};
  }
  return unknown_device(text);
}

/// Engines would repeat it in their words, and a process of PROCESS in its command line, passwords and all.
Result<void> check_is_file(const std::filesystem::path& model) {
  std::error_code ignored;
  std::string name = model.string(), shown = redacted(name);
  bool address = shown != name || name.find("://") != std::string::npos;
  if (!address || std::filesystem::exists(model, ignored)) return {};
  return fail(ErrorCode::model_unusable,
              shown + ": a model is read from a file, not from an address; download it and name the file");
}

/// The faults that engines tell of in a roundabout way. (A folder may be a model: TensorFlow's are.)
Result<void> check_file(const std::filesystem::path& model) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  fs::file_status status = fs::status(model, ignored);
  auto unusable = [&](const std::string& why) {
    return fail(ErrorCode::model_unusable, fmt::format("{}: {}", model.string(), why));
  };
  if (!fs::exists(status))
    return unusable(fmt::format("no such file; check the path (looked in {})",
                                fs::absolute(model, ignored).parent_path().string()));
  if (fs::is_regular_file(status) && fs::file_size(model, ignored) == 0)
    return unusable("the file is empty (0 bytes); copy or download it again");
  if (fs::is_directory(status) && !fs::exists(model / "saved_model.pb", ignored))
    return unusable("is a folder; name the model file in it (.xml, .onnx, .tflite, …)");
  return {};
}

/// Before work starts, and in the same words for every engine; some would go on without a cache and not say so.
Result<void> check_cache_folder(const std::filesystem::path& folder) {
  if (folder.empty()) return {};
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  bool usable = !error && std::filesystem::is_directory(folder, error) && access(folder.c_str(), W_OK) == 0;
  if (usable) return {};
  return fail(ErrorCode::unwritable_output,
              fmt::format("{}: compiled models cannot be kept there: {}; name another folder, or do without a cache",
                          folder.string(), error ? error.message() : "it cannot be written"));
}

/// A damaged entry of the cache costs time and nothing else, but whoever wonders about that time should be told.
void tell_if_rebuilt(const CompiledModel& compiled, const CompileOptions& options) {
  auto note = compiled.info().metadata.find(kCacheNote);
  if (!options.on_event || note == compiled.info().metadata.end() || !note->second.starts_with(kRebuilt)) return;
  Clock& clock = options.clock ? *options.clock : steady_clock();
  options.on_event({clock.now(),
                    "rebuilt",
                    compiled.runtime().device,
                    "the cached model, since " + note->second.substr(std::string_view(kRebuilt).size()),
                    {}});
}

Compiled compile(const std::filesystem::path& model, const DeviceSpec& spec, const CompileOptions& options);

/// Runs requests together, wherever that is.
bool gathers(const DeviceSpec& spec) {
  return spec.kind == Kind::batch || (spec.kind == Kind::process && gathers(spec.members.front()));
}

PoolCandidate candidate(const std::filesystem::path& model, const DeviceSpec& spec) {
  return {to_string(spec),
          [model, spec](const CompileOptions& options) -> Compiled {
            Compiled compiled = compile(model, spec, options);
            // Engines differ in whether they take bytes; behind this they are alike.
            if (compiled && options.u8_input) *compiled = take_bytes(std::move(*compiled), options);
            return compiled;
          },
          gathers(spec)};
}

/// Every device of every engine, for AUTO without a list.
std::vector<DeviceSpec> all_devices() {
  std::vector<DeviceSpec> all;
  for (const EngineStatus& status : engines()) {
    if (!status.engine || status.name == "sim" || status.name == "torch") continue;
    for (const DeviceInfo& device : status.engine->devices())
      all.push_back({Kind::plain, status.name + ":" + device.name, {}, false, 0});
  }
  return all;
}

/// Where loading is quick comes first, since the first that is ready serves: ONNX Runtime loads a model for the
/// CPU in a fraction of OpenVINO's time, and accelerators take longest. Which one serves in the end is measured.
int load_rank(const DeviceSpec& spec) {
  if (spec.kind == Kind::process) return load_rank(spec.members.front());
  if (spec.kind != Kind::plain) return 2;
  if (spec.name == "ort:CPU") return 0;
  return spec.name.ends_with("CPU") ? 1 : 2;
}

std::vector<DeviceSpec> usable_members(const DeviceSpec& spec) {
  std::vector<DeviceSpec> named, excluded, usable;
  for (const DeviceSpec& member : spec.members) (member.excluded ? excluded : named).push_back(member);
  auto is_excluded = [&](const DeviceSpec& member) {
    std::string device = member.name.substr(member.name.find(':') + 1);
    return std::ranges::any_of(excluded,
                               [&](const DeviceSpec& e) { return e.name == member.name || e.name == device; });
  };
  for (DeviceSpec& member : named.empty() ? all_devices() : named)
    if (!is_excluded(member)) usable.push_back(std::move(member));
  return usable;
}

Compiled compile_pool(const std::filesystem::path& model, const DeviceSpec& spec, const CompileOptions& options) {
  std::vector<DeviceSpec> members = usable_members(spec);
  if (members.empty())
    return fail(ErrorCode::device_unusable, fmt::format("{}: no device is left; {}", to_string(spec), known_devices()));
  bool automatic = spec.kind == Kind::automatic && options.hint != PerformanceHint::cumulative_throughput;
  if (automatic) std::ranges::stable_sort(members, {}, load_rank);
  std::vector<PoolCandidate> candidates;
  for (const DeviceSpec& member : members) {
    // A misspelt device is a mistake to be told at once, not a candidate that failed. Every engine has a CPU: to ask
    // OpenVINO for its devices takes half as long as a small model's first result from ONNX Runtime.
    if (member.kind == Kind::plain && !member.name.ends_with(":CPU"))
      if (Result<Target> target = find_target(member.name); !target) return fail(std::move(target.error()));
    candidates.push_back(candidate(model, member));
  }
  return automatic ? make_auto(std::move(candidates), options) : make_multi(std::move(candidates), options);
}

Compiled compile_batch(const std::filesystem::path& model, const DeviceSpec& spec, CompileOptions options) {
  if (spec.batch_size > 0) options.batching.max_size = spec.batch_size;
  return make_batch(candidate(model, spec.members.front()), options);
}

/// Batches seldom pay on a CPU, and trying them takes memory: there it is done where it is asked for.
bool is_gpu(const std::string& device) {
  std::string name = device.substr(device.find(':') + 1);
  return name.starts_with("GPU") || name == "CUDA" || name == "TensorRT";
}

bool may_batch(const DeviceSpec& spec, const CompileOptions& options) {
  bool asked = options.auto_batching.value_or(is_gpu(spec.name));
  bool many = options.hint == PerformanceHint::throughput && options.requests != 1;
  return asked && many && spec.kind == Kind::plain && options.batch == 0;
}

Compiled compile_batching(const std::filesystem::path& model, const DeviceSpec& spec, const CompileOptions& options) {
  Compiled plain = compile(model, spec, options);
  if (!plain) return plain;
  PoolCandidate inner{to_string(spec), [model, spec](const CompileOptions& o) { return compile(model, spec, o); }};
  return batch_if_faster(std::move(inner), std::move(*plain), options);
}

Compiled compile(const std::filesystem::path& model, const DeviceSpec& spec, const CompileOptions& options) {
  if (spec.kind == Kind::batch) return compile_batch(model, spec, options);
  if (spec.kind == Kind::process) return make_process(model, to_string(spec.members.front()), options);
  if (spec.kind != Kind::plain) return compile_pool(model, spec, options);
  Result<Target> target = find_target(spec.name);
  if (!target) return fail(std::move(target.error()));
  Compiled compiled = target->engine->compile(model, target->device, options);
  if (compiled) tell_if_rebuilt(**compiled, options);
  return compiled;
}

}  // namespace

Compiled compile_model(const std::filesystem::path& model, const std::string& device, const CompileOptions& options) {
  if (Result<void> file = check_is_file(model); !file) return fail(std::move(file.error()));
  Result<DeviceSpec> spec = parse_device(device);
  if (!spec) return fail(std::move(spec.error()));
  Result<CompileOptions> resolved = apply_well_known_properties(options);
  if (!resolved) return fail(std::move(resolved.error()));
  if (Result<void> usable = check_cache_folder(resolved->cache_dir); !usable) return fail(std::move(usable.error()));
  if (!resolved->clock)
    if (Result<void> runs = start_clock_thread(); !runs) return fail(std::move(runs.error()));
  try {
    return may_batch(*spec, *resolved) ? compile_batching(model, *spec, *resolved) : compile(model, *spec, *resolved);
  } catch (const std::exception& error) {  // what libraries throw where their engine did not expect it: no memory
    return fail(ErrorCode::device_unusable, fmt::format("{} on {}: {}", model.string(), device, error.what()));
  }
}

Result<ModelInfo> read_model(const std::filesystem::path& model) {
  if (Result<void> file = check_is_file(model); !file) return fail(std::move(file.error()));
  if (Result<void> there = check_file(model); !there) return fail(std::move(there.error()));
  std::string reasons;
  for (const EngineStatus& status : engines()) {
    if (!status.engine || status.name == "sim") continue;
    Result<ModelInfo> info = status.engine->read_model(model);
    if (info) return info;
    detail::join(reasons, "; ", info.error().message);
  }
  if (reasons.empty()) reasons = fmt::format("{}: no engine is there to read it; {}", model.string(), known_devices());
  return fail(ErrorCode::model_unusable, reasons);
}

}  // namespace inflight
