#include "sim_description.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <functional>
#include <string_view>
#include <utility>

#include "inflight/detail/joined.hpp"

namespace inflight {
namespace {

using Set = std::function<bool(SimDescription&, std::string_view)>;

// What is larger than these is a slip of the pen, and would overflow or exhaust the memory.
constexpr double kLongestSeconds = 1e9;
constexpr int kMostLanes = 4096;
constexpr std::int64_t kMostRows = 1 << 20;

template <class T>
bool parse_number(std::string_view text, T& value) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

bool parse_duration(std::string_view text, Duration& value) {
  constexpr std::array<std::pair<std::string_view, double>, 4> units{{{"us", 1e3}, {"ms", 1e6}, {"ns", 1}, {"s", 1e9}}};
  for (auto [unit, nanoseconds] : units) {
    double number = 0;
    if (!text.ends_with(unit)) continue;
    if (!parse_number(text.substr(0, text.size() - unit.size()), number)) return false;
    if (!(number >= 0 && number * nanoseconds <= kLongestSeconds * 1e9)) return false;  // not a number fails too
    value = Duration(static_cast<Duration::rep>(number * nanoseconds));
    return true;
  }
  return text == "0" && ((value = Duration{0}), true);
}

bool parse_latency(SimDescription& sim, std::string_view text) {
  std::size_t dots = text.find("..");
  bool range = dots != std::string_view::npos;
  if (!parse_duration(text.substr(0, dots), sim.latency_low)) return false;
  if (!range) return (sim.latency_high = sim.latency_low), true;
  return parse_duration(text.substr(dots + 2), sim.latency_high) && sim.latency_low <= sim.latency_high;
}

bool parse_list(std::string_view text, char separator, const std::function<bool(std::string_view)>& each) {
  while (true) {
    std::size_t end = text.find(separator);
    if (!each(text.substr(0, end))) return false;
    if (end == std::string_view::npos) return true;
    text.remove_prefix(end + 1);
  }
}

bool parse_input(SimDescription& sim, std::string_view text) {
  std::size_t colon = text.find(':');
  std::vector<std::int64_t> dims;
  bool good = parse_list(text.substr(0, colon), 'x', [&](std::string_view dim) {
    return parse_number(dim, dims.emplace_back()) && dims.back() > 0;
  });
  if (!good || dims.size() > Shape::kMaxRank || !is_bearable(Shape(dims))) return false;
  sim.input.shape = Shape(dims);
  sim.input.layout = dims.size() == 4 ? (dims[3] == 3 ? "NHWC" : "NCHW") : "";
  sim.output.shape[0] = dims.size() == 4 ? dims[0] : 1;
  if (colon == std::string_view::npos || text.substr(colon + 1) == "u8") return true;
  sim.input.type = ElementType::f32;
  return text.substr(colon + 1) == "f32";
}

bool parse_rows(SimDescription& sim, std::string_view text) {
  return parse_number(text, sim.output.shape[2]) && sim.output.shape[2] > 0 && sim.output.shape[2] <= kMostRows;
}

const std::array<std::pair<std::string_view, Set>, 14>& keys() {
  using S = SimDescription;
  using V = std::string_view;
  static const std::array<std::pair<V, Set>, 14> all{{
      {"name", [](S& s, V v) { return !(s.name = v).empty(); }},
      {"latency", parse_latency},
      {"per_item", [](S& s, V v) { return parse_duration(v, s.per_item); }},
      {"first", [](S& s, V v) { return parse_duration(v, s.first); }},
      {"load", [](S& s, V v) { return parse_duration(v, s.load); }},
      {"lanes", [](S& s, V v) { return parse_number(v, s.lanes) && s.lanes > 0 && s.lanes <= kMostLanes; }},
      {"fail",
       [](S& s, V v) { return parse_list(v, ';', [&](V n) { return parse_number(n, s.fail.emplace_back()); }); }},
      {"fail_rate", [](S& s, V v) { return parse_number(v, s.fail_rate) && s.fail_rate >= 0 && s.fail_rate <= 1; }},
      {"die_at", [](S& s, V v) { return parse_number(v, s.die_at); }},
      {"revive_at", [](S& s, V v) { return parse_number(v, s.revive_at); }},
      {"load_fails", [](S& s, V v) { return (s.load_fails = v == "1") || v == "0"; }},
      {"seed", [](S& s, V v) { return parse_number(v, s.seed); }},
      {"input", parse_input},
      {"rows", parse_rows},
  }};
  return all;
}

std::string key_names() {
  return detail::joined(keys(), ", ", [](const auto& key) { return key.first; });
}

Result<void> set_key(SimDescription& sim, std::string_view part) {
  std::size_t equals = part.find('=');
  for (const auto& [name, set] : keys()) {
    if (equals == std::string_view::npos || part.substr(0, equals) != name) continue;
    if (set(sim, part.substr(equals + 1))) return {};
    return fail(ErrorCode::invalid_argument, fmt::format("sim device: \"{}\" has no valid value", part));
  }
  return fail(ErrorCode::invalid_argument,
              fmt::format("sim device: \"{}\" is not known; use KEY=VALUE with one of {}", part, key_names()));
}

}  // namespace

bool is_bearable(const Shape& shape) noexcept {
  constexpr double kMostElements = 1 << 28;
  double elements = 1;  // not an integer, which might overflow
  for (std::int64_t dim : shape) elements *= static_cast<double>(dim);
  return elements <= kMostElements;
}

Result<SimDescription> parse_sim_description(const std::string& text) {
  SimDescription sim;
  Result<void> ok;
  if (text.empty()) return sim;
  parse_list(text, ',', [&](std::string_view part) { return (ok = set_key(sim, part)).has_value(); });
  if (!ok) return fail(std::move(ok.error()));
  if (!is_bearable(sim.output.shape)) {  // each of its parts may be
    return fail(ErrorCode::invalid_argument,
                fmt::format("sim device: the output {} is too large; give a smaller rows= or batch in input=",
                            to_string(sim.output.shape)));
  }
  return sim;
}

}  // namespace inflight
