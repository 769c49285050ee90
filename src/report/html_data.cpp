#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "html.hpp"
#include "inflight/detail/joined.hpp"
#include "json.hpp"

namespace inflight::report {
namespace {

struct Entity {
  char character;
  std::string_view name;
};
constexpr std::array<Entity, 5> kEntities{
    {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#39;"}}};

/// A JSON array of what `print` makes of each element.
template <class Range, class Print>
std::string array(const Range& range, Print print) {
  return fmt::format("[{}]", detail::joined(range, ",", print));
}

std::string strings(const std::vector<std::string>& texts) { return array(texts, script_string); }
std::string numbers(const std::vector<double>& values) { return array(values, script_number); }

const char* kind_of(const Chart& chart) {
  switch (chart.kind) {
    case ChartKind::step:
      return "step";
    case ChartKind::bar:
      return "bar";
    case ChartKind::scatter:
      return "scatter";
    case ChartKind::line:
      break;
  }
  return "line";
}

std::string series_data(const Series& series) {
  return fmt::format(R"({{"name":{},"x":{},"y":{}}})", script_string(series.name), numbers(series.x),
                     numbers(series.y));
}

std::string marker_data(const Marker& marker) {
  return fmt::format(R"({{"x":{},"label":{}}})", script_number(marker.x), script_string(marker.label));
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string safe;
  // The JSON library knows UTF-8 and replaces what is not.
  for (const char c : Json::parse(dump(Json(text))).get<std::string>()) {
    const auto entity = std::ranges::find(kEntities, c, &Entity::character);
    if (entity != kEntities.end())
      safe += entity->name;
    else
      safe += static_cast<unsigned char>(c) < ' ' && c != '\n' && c != '\t' ? ' ' : c;
  }
  return safe;
}

std::string script_string(const std::string& text) {
  std::string safe;
  for (const char c : Json(text).dump(-1, ' ', false, Json::error_handler_t::replace)) {
    if (c == '<' || c == '>')
      safe += c == '<' ? "\\u003c" : "\\u003e";
    else
      safe += c;
  }
  return safe;
}

std::string script_number(double value) { return std::isfinite(value) ? fmt::format("{:.6g}", value) : "null"; }

std::string script_data(const Chart& chart) {
  return fmt::format(R"({{"kind":"{}","x_label":{},"y_label":{},"log_y":{},"categories":{},"series":{},"markers":{}}})",
                     kind_of(chart), script_string(chart.x_label), script_string(chart.y_label), chart.log_y,
                     chart.categories.empty() ? "null" : strings(chart.categories), array(chart.series, series_data),
                     array(chart.markers, marker_data));
}

}  // namespace inflight::report
