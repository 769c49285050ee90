#include "input_shapes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace inflight::torchscript {
namespace {

/// "1,3,416,416", "[1,3,416,416]" or "[1, 3, 416, 416]"; extra files may end in a line break.
std::optional<Shape> parse_shape(std::string text) {
  std::erase_if(text, [](char c) { return std::string_view(" \r\n[]").find(c) != std::string_view::npos; });
  std::vector<std::int64_t> dims;
  const char* end = text.data() + text.size();
  for (const char* next = text.data();; ++next) {
    std::int64_t size = 0;
    auto [stop, error] = std::from_chars(next, end, size);
    if (error != std::errc{} || size <= 0) return std::nullopt;
    dims.push_back(size);
    next = stop;
    if (next == end) break;
    if (*next != ',') return std::nullopt;
  }
  return dims.size() <= Shape::kMaxRank ? std::optional(Shape(dims)) : std::nullopt;
}

}  // namespace

std::string shape_property(const std::vector<Port>& inputs, const Port& port) {
  return inputs.size() == 1 ? kInputShape : fmt::format("{}.{}", kInputShape, port.name);
}

bool is_shape_property(const std::vector<Port>& inputs, const std::string& name) {
  return std::ranges::any_of(inputs, [&](const Port& port) { return shape_property(inputs, port) == name; });
}

Result<void> apply_input_shapes(const std::map<std::string, std::string>& values, std::vector<Port>& inputs) {
  for (Port& port : inputs) {
    auto given = values.find(shape_property(inputs, port));
    if (given == values.end()) continue;
    std::optional<Shape> shape = parse_shape(given->second);
    if (!shape)
      return fail(ErrorCode::invalid_argument,
                  fmt::format("{}: \"{}\" is not understood; it takes up to {} sizes above 0, e.g. 1,3,416,416",
                              given->first, given->second, Shape::kMaxRank));
    port.shape = *shape;
  }
  return {};
}

}  // namespace inflight::torchscript
