#include "quantity.hpp"

#include <array>
#include <charconv>

namespace inflight::app {
namespace {

std::optional<double> parse_number(std::string_view text) {
  double value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  bool whole = error == std::errc{} && end == text.data() + text.size() && value >= 0;
  return whole ? std::optional(value) : std::nullopt;
}

}  // namespace

std::optional<Duration> parse_duration(std::string_view text, Duration unit) {
  constexpr double kLongest = 9e18;  // nanoseconds
  constexpr std::array<std::pair<std::string_view, double>, 5> kUnits{
      {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"min", 6e10}, {"s", 1e9}}};
  auto nanoseconds = static_cast<double>(unit.count());
  for (const auto& [name, length] : kUnits) {
    if (!text.ends_with(name)) continue;
    nanoseconds = length;
    text.remove_suffix(name.size());
    break;
  }
  std::optional<double> number = parse_number(text);
  if (!number || !(*number * nanoseconds < kLongest)) return std::nullopt;
  return Duration(static_cast<Duration::rep>(*number * nanoseconds));
}

std::optional<double> parse_rate(std::string_view text) {
  double seconds = 1;
  if (text.ends_with("/s")) text.remove_suffix(2);
  if (text.ends_with("/min")) {
    text.remove_suffix(4);
    seconds = 60;
  }
  std::optional<double> number = parse_number(text);
  if (!number || !(*number > 0)) return std::nullopt;
  return *number / seconds;
}

std::optional<Size> parse_size(std::string_view text) {
  constexpr int kMaxSide = 32767;  // of the scaler
  auto side = [](std::string_view digits) {
    int value = 0;
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return error == std::errc{} && end == digits.data() + digits.size() && value <= kMaxSide ? value : 0;
  };
  std::size_t x = text.find('x');
  if (x == std::string_view::npos) return std::nullopt;
  Size size{side(text.substr(0, x)), side(text.substr(x + 1))};
  return size.width > 0 && size.height > 0 ? std::optional(size) : std::nullopt;
}

}  // namespace inflight::app
