// Texts with separators between them. Shared by the library, its plugins and its programs; no part of the API, and not
// installed. It stands in for fmt::join, which makes g++ 12 warn of overflows that cannot happen when it optimises.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <type_traits>

namespace inflight::detail {

/// Adds `part` to `text`, after `separator` unless it is the first.
inline void join(std::string& text, std::string_view separator, std::string_view part) {
  if (!text.empty()) text.append(separator);
  text.append(part);
}

/// How an element is written when nobody says otherwise: texts as they are, numbers as fmt writes them.
struct Plainly {
  template <class T>
  std::string operator()(const T& value) const {
    if constexpr (std::is_convertible_v<const T&, std::string_view>)
      return std::string(std::string_view(value));
    else
      return fmt::format("{}", value);
  }
};

/// What `print` makes of each element of `range`, with `separator` between.
template <class Range, class Print = Plainly>
std::string joined(const Range& range, std::string_view separator, Print print = {}) {
  std::string text;
  bool first = true;
  for (const auto& element : range) {
    if (!first) text.append(separator);
    text.append(print(element));
    first = false;
  }
  return text;
}

}  // namespace inflight::detail
