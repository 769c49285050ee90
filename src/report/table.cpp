#include "table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace inflight::report {
namespace {

constexpr std::size_t kGap = 2;  // spaces between columns

/// Characters of UTF-8 text; fmt pads by the same measure.
std::size_t width_of(const std::string& text) {
  const auto begins_character = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; };
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins_character));
}

/// Precondition: there is a row, and all are as long as the first.
std::vector<std::size_t> column_widths(const Rows& rows) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < widths.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  return widths;
}

}  // namespace

std::string figures(double value) {
  if (!std::isfinite(value)) return "–";
  const double size = std::abs(value);
  return fmt::format("{:.{}f}", value, size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2);
}

std::string figures(const std::optional<double>& value) { return value ? figures(*value) : "–"; }

std::string percent(double share) { return fmt::format("{:.0f} %", share * 100); }

std::string aligned(const Rows& rows, std::size_t indent) {
  if (rows.empty()) return {};
  const auto widths = column_widths(rows);
  std::string text;
  for (const auto& row : rows) {
    text += fmt::format("{:{}}{:<{}}", "", indent, row[0], widths[0]);
    for (std::size_t i = 1; i < widths.size(); ++i) text += fmt::format("{:>{}}", row[i], widths[i] + kGap);
    text.erase(text.find_last_not_of(' ') + 1);
    text += '\n';
  }
  return text;
}

std::string bar(double share, int width) {
  static constexpr std::array kEighths{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  if (!std::isfinite(share)) return {};
  const long eighths = std::lround(std::clamp(share, 0.0, 1.0) * width * 8);
  std::string text;
  for (long i = 0; i < eighths / 8; ++i) text += "█";
  return text + kEighths[static_cast<std::size_t>(eighths % 8)];
}

}  // namespace inflight::report
