#include "well_known_properties.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace inflight {
namespace {

/// False: the value is not understood.
using Set = bool (*)(CompileOptions&, std::string_view);

struct WellKnown {
  std::string_view name;
  Set set;
  std::string_view takes;
};

bool parse_count(std::string_view text, int& value) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() && value >= 0;
}

bool set_hint(CompileOptions& options, std::string_view value) {
  for (PerformanceHint hint :
       {PerformanceHint::latency, PerformanceHint::throughput, PerformanceHint::cumulative_throughput}) {
    std::string name = to_string(hint);
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    if (value == name) return options.hint = hint, true;
  }
  return false;
}

bool set_precision(CompileOptions& options, std::string_view value) {
  for (ElementType type : {ElementType::f32, ElementType::f16, ElementType::bf16})
    if (value == to_string(type)) return options.precision = type, true;
  return false;
}

bool set_auto_batching(CompileOptions& options, std::string_view value) {
  options.auto_batching = value == "YES" || value == "TRUE";
  return *options.auto_batching || value == "NO" || value == "FALSE";
}

bool set_batch_timeout(CompileOptions& options, std::string_view value) {
  int milliseconds = 0;
  if (!parse_count(value, milliseconds)) return false;
  options.batching.max_delay = std::chrono::milliseconds(milliseconds);
  return true;
}

bool set_answer_time(CompileOptions& options, std::string_view value) {
  int milliseconds = 0;
  if (!parse_count(value, milliseconds)) return false;
  options.process.answer_time = std::chrono::milliseconds(milliseconds);
  return true;
}

bool set_compile_time(CompileOptions& options, std::string_view value) {
  int milliseconds = 0;
  if (!parse_count(value, milliseconds)) return false;
  options.process.compile_time = std::chrono::milliseconds(milliseconds);
  return true;
}

using O = CompileOptions;
using V = std::string_view;
constexpr std::array<WellKnown, 10> kWellKnown{{
    {"PERFORMANCE_HINT", set_hint, "LATENCY, THROUGHPUT or CUMULATIVE_THROUGHPUT"},
    {"PERFORMANCE_HINT_NUM_REQUESTS", [](O& o, V v) { return parse_count(v, o.requests); }, "a number"},
    {"NUM_STREAMS", [](O& o, V v) { return parse_count(v, o.execution_streams); }, "a number"},
    {"INFERENCE_NUM_THREADS", [](O& o, V v) { return parse_count(v, o.threads); }, "a number"},
    {"INFERENCE_PRECISION_HINT", set_precision, "f32, f16 or bf16"},
    {"ALLOW_AUTO_BATCHING", set_auto_batching, "YES or NO"},
    {"AUTO_BATCH_TIMEOUT", set_batch_timeout, "milliseconds"},
    {"PROCESS_TIMEOUT", set_answer_time, "milliseconds, 0 for no limit"},
    {"PROCESS_COMPILE_TIMEOUT", set_compile_time, "milliseconds, 0 for no limit"},
    {"CACHE_DIR", [](O& o, V v) { return o.cache_dir = v, true; }, "a folder"},
}};

}  // namespace

Result<CompileOptions> apply_well_known_properties(CompileOptions options) {
  for (const WellKnown& known : kWellKnown) {
    auto property = options.properties.find(std::string(known.name));
    if (property == options.properties.end()) continue;
    if (!known.set(options, property->second))
      return fail(ErrorCode::invalid_argument, fmt::format("property {}: \"{}\" is not understood; it takes {}",
                                                           known.name, property->second, known.takes));
    options.properties.erase(property);
  }
  return options;
}

}  // namespace inflight
