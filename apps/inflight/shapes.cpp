#include "shapes.hpp"

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <vector>

namespace inflight::app {
namespace {

/// "1,3,224,224"
std::optional<Shape> parse_dimensions(std::string_view text) {
  std::vector<std::int64_t> dims;
  while (true) {
    std::int64_t size = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
    if (error != std::errc{} || size < 1) return std::nullopt;
    dims.push_back(size);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (text.empty()) break;
    if (text.front() != ',') return std::nullopt;
    text.remove_prefix(1);
  }
  return dims.size() <= Shape::kMaxRank ? std::optional(Shape(dims)) : std::nullopt;
}

}  // namespace

Result<std::map<std::string, Shape>> parse_shapes(const std::string& text) {
  auto refuse = [&](const char* why) {
    return fail(
        ErrorCode::invalid_argument,
        fmt::format("shape {}: {}; write [1,3,224,224], or NAME[1,3,224,224] for each of several inputs", text, why));
  };
  std::map<std::string, Shape> shapes;
  std::string rest = text;
  std::erase(rest, ' ');
  while (!rest.empty()) {
    std::size_t open = rest.find('['), close = rest.find(']');
    if (open == std::string::npos || close == std::string::npos || close < open) return refuse("it is not understood");
    std::optional<Shape> shape = parse_dimensions(std::string_view(rest).substr(open + 1, close - open - 1));
    if (!shape) return refuse("its sizes are whole numbers from 1 on, eight at most");
    if (!shapes.emplace(rest.substr(0, open), *shape).second) return refuse("an input has one shape here");
    rest.erase(0, close + 1);
    if (rest.empty()) break;
    if (rest.front() == '[') return refuse("an input has one shape here");
    if (rest.front() != ',') return refuse("it is not understood");
    rest.erase(0, 1);
    if (rest.empty()) return refuse("it ends in a comma");
  }
  return shapes;
}

}  // namespace inflight::app
