// Texts and data within HTML.
#pragma once

#include <string>
#include <string_view>

#include "inflight/report.hpp"

namespace inflight::report {

/// For the text of an element or for an attribute in quotes: no character of it can end either. Bytes that are not
/// UTF-8, and control characters, are replaced.
std::string escaped(std::string_view text);

/// A JSON string that may stand within a <script>.
std::string script_string(const std::string& text);
/// A JSON number of six digits; null where there is none.
std::string script_number(double value);

/// As page/page.js takes it.
std::string script_data(const Chart& chart);
/// As page/timeline.js takes it: columns of whole microseconds, for there may be a hundred thousand requests.
std::string script_data(const Timeline& timeline);

}  // namespace inflight::report
