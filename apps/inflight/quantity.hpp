// Times, rates and sizes as people type them: "30ms", "2s", "50/s", "640x384".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "inflight/clock.hpp"
#include "inflight/frame.hpp"

namespace inflight::app {

/// "250us", "30ms", "1.5s", "2min"; a bare number is of `unit`. nullopt: it is none, or negative, or no number of
/// nanoseconds that a Duration holds.
std::optional<Duration> parse_duration(std::string_view text, Duration unit);
/// "50/s", "50", "3000/min". nullopt: it is none, or not above 0.
std::optional<double> parse_rate(std::string_view text);
/// "640x384", width first. nullopt: it is none, or a side is not from 1 to 32767.
std::optional<Size> parse_size(std::string_view text);

}  // namespace inflight::app
