#include "session_options.hpp"

#include <fmt/format.h>
#include <onnxruntime_session_options_config_keys.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace inflight::onnxruntime {
namespace {

constexpr std::string_view kFreeDimension = "free_dimension_override.";

std::optional<int> to_number(std::string_view text) {
  int number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  bool whole = error == std::errc{} && end == text.data() + text.size() && number >= 0;
  return whole ? std::optional(number) : std::nullopt;
}

std::optional<int> to_choice(std::string_view text, std::initializer_list<std::pair<std::string_view, int>> choices) {
  for (const auto& [name, value] : choices)
    if (text == name || text == std::to_string(value)) return value;
  return std::nullopt;
}

struct Setter {
  std::string_view name;
  std::string_view takes;
  std::optional<int> (*parse)(std::string_view);
  void (*set)(Ort::SessionOptions&, int);
};

std::optional<int> to_level(std::string_view text) {
  return to_choice(text, {{"ORT_DISABLE_ALL", ORT_DISABLE_ALL},
                          {"ORT_ENABLE_BASIC", ORT_ENABLE_BASIC},
                          {"ORT_ENABLE_EXTENDED", ORT_ENABLE_EXTENDED},
                          {"ORT_ENABLE_ALL", ORT_ENABLE_ALL}});
}

std::optional<int> to_mode(std::string_view text) {
  return to_choice(text, {{"ORT_SEQUENTIAL", ORT_SEQUENTIAL}, {"ORT_PARALLEL", ORT_PARALLEL}});
}

std::optional<int> to_severity(std::string_view text) {
  std::optional<int> level = to_number(text);
  return level && *level <= ORT_LOGGING_LEVEL_FATAL ? level : std::nullopt;
}

std::optional<int> to_flag(std::string_view text) { return to_choice(text, {{"False", 0}, {"True", 1}}); }

using Session = Ort::SessionOptions;
constexpr std::array<Setter, 7> kSetters{{
    {"intra_op_num_threads", "a number", to_number, [](Session& s, int n) { s.SetIntraOpNumThreads(n); }},
    {"inter_op_num_threads", "a number", to_number, [](Session& s, int n) { s.SetInterOpNumThreads(n); }},
    {"graph_optimization_level", "ORT_DISABLE_ALL, ORT_ENABLE_BASIC, ORT_ENABLE_EXTENDED or ORT_ENABLE_ALL", to_level,
     [](Session& s, int level) { s.SetGraphOptimizationLevel(static_cast<GraphOptimizationLevel>(level)); }},
    {"execution_mode", "ORT_SEQUENTIAL or ORT_PARALLEL", to_mode,
     [](Session& s, int mode) { s.SetExecutionMode(static_cast<ExecutionMode>(mode)); }},
    {"enable_cpu_mem_arena", "0 or 1", to_flag,
     [](Session& s, int on) { on ? s.EnableCpuMemArena() : s.DisableCpuMemArena(); }},
    {"enable_mem_pattern", "0 or 1", to_flag,
     [](Session& s, int on) { on ? s.EnableMemPattern() : s.DisableMemPattern(); }},
    {"log_severity_level", "0 (everything) to 4 (nearly nothing)", to_severity,
     [](Session& s, int level) { s.SetLogSeverityLevel(level); }},
}};

/// ONNX Runtime takes any key and ignores what it does not know; a mistyped one should be told instead.
const std::array kConfigKeys{
    kOrtSessionOptionsConfigDisablePrepacking,
    kOrtSessionOptionsConfigUseEnvAllocators,
    kOrtSessionOptionsConfigLoadModelFormat,
    kOrtSessionOptionsConfigSetDenormalAsZero,
    kOrtSessionOptionsDisableQuantQDQ,
    kOrtSessionOptionsDisableDoubleQDQRemover,
    kOrtSessionOptionsEnableQuantQDQCleanup,
    kOrtSessionOptionsEnableGeluApproximation,
    kOrtSessionOptionsDisableAheadOfTimeFunctionInlining,
    kOrtSessionOptionsDisableSpecifiedOptimizers,
    kOrtSessionOptionsUseDeviceAllocatorForInitializers,
    kOrtSessionOptionsConfigAllowInterOpSpinning,
    kOrtSessionOptionsConfigAllowIntraOpSpinning,
    kOrtSessionOptionsQDQIsInt8Allowed,
    kOrtSessionOptionsAvx2PrecisionMode,
    kOrtSessionOptionsConfigMinimalBuildOptimizations,
    kOrtSessionOptionsConfigDynamicBlockBase,
    kOrtSessionOptionsConfigForceSpinningStop,
    kOrtSessionOptionsConfigStrictShapeTypeInference,
    kOrtSessionOptionsConfigStrictAllowReleasedOpsetsOnly,
    kNodePartitionConfigFile,
    kOrtSessionOptionsConfigIntraOpThreadAffinities,
    kOrtSessionOptionsDisableCPUEPFallback,
    kOrtSessionOptionsModelExternalInitializersFileFolderPath,
    kOrtSessionOptionsCollectNodeMemoryStatsToFile,
    kOrtSessionOptionsResourceCudaPartitioningSettings,
    kOrtSessionOptionEpContextEnable,
    kOrtSessionOptionEpContextFilePath,
    kOrtSessionOptionEpContextEmbedMode,
    kOrtSessionOptionEpContextNodeNamePrefix,
    kOrtSessionOptionShareEpContexts,
    kOrtSessionOptionsMlasGemmFastMathArm64Bfloat16,
    kOrtSessionOptionsQDQMatMulNBitsAccuracyLevel,
};

tl::unexpected<Error> not_understood(std::string_view name, std::string_view value, std::string_view takes) {
  return fail(ErrorCode::invalid_argument,
              fmt::format("property {}: \"{}\" is not understood; it takes {}", name, value, takes));
}

/// True: it was an option of the session, and is set. False: it is none.
Result<bool> set(Ort::SessionOptions& session, const std::string& name, const std::string& value) {
  if (auto setter = std::ranges::find(kSetters, name, &Setter::name); setter != kSetters.end()) {
    std::optional<int> number = setter->parse(value);
    if (!number) return not_understood(name, value, setter->takes);
    setter->set(session, *number);
    return true;
  }
  if (name.starts_with(kFreeDimension)) {
    std::optional<int> size = to_number(value);
    if (!size || *size == 0) return not_understood(name, value, "a number above 0");
    Ort::ThrowOnError(
        Ort::GetApi().AddFreeDimensionOverrideByName(session, name.c_str() + kFreeDimension.size(), *size));
    return true;
  }
  if (std::ranges::find(kConfigKeys, std::string_view(name)) == kConfigKeys.end()) return false;
  session.AddConfigEntry(name.c_str(), value.c_str());
  return true;
}

}  // namespace

Result<Ort::SessionOptions> make_session_options(const Schedule& schedule,
                                                 const std::map<std::string, std::string>& properties,
                                                 std::map<std::string, std::string>& others) {
  Ort::SessionOptions session;
  session.SetIntraOpNumThreads(schedule.intra_op_threads).SetInterOpNumThreads(1);
  // A pool that spins takes the cores from decoding and from other models: on two busy cores YOLOX-nano cost 54
  // core-ms per inference with it and 25 without, at half the rate. force_spinning_stop does not help while it runs.
  session.AddConfigEntry(kOrtSessionOptionsConfigAllowIntraOpSpinning, "0");
  session.AddConfigEntry(kOrtSessionOptionsConfigAllowInterOpSpinning, "0");
  for (const auto& [name, value] : properties) {
    Result<bool> known = set(session, name, value);
    if (!known) return fail(std::move(known.error()));
    if (!*known) others.emplace(name, value);
  }
  return session;
}

}  // namespace inflight::onnxruntime
