// Texts within HTML.
#pragma once

#include <string>
#include <string_view>

namespace inflight::report {

/// For the text of an element or for an attribute in quotes: no character of it can end either. Bytes that are not
/// UTF-8, and control characters, are replaced.
std::string escaped(std::string_view text);

}  // namespace inflight::report
