// How the numbers of a report are written as JSON.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "inflight/report.hpp"

namespace inflight::report {

using Json = nlohmann::ordered_json;  // keeps the order of stages, and of the documented keys

/// Four decimals, so that files are readable; null where there is no number.
Json number(double value);
Json number(const std::optional<double>& value);
/// Null where there is nothing to say.
Json text_or_null(const std::string& text);

Json to_object(const LatencySummary& latency);
Json to_object(const RunSummary& summary);

/// Indented. Bytes that are not UTF-8 (file names may hold them) are replaced, where the library would throw.
std::string dump(const Json& json);

}  // namespace inflight::report
