// Aligned text for terminals.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace inflight::report {

/// About three figures: "0.45", "8.41", "12.3", "602".
std::string figures(double value);
/// As above; "–" where there is no number.
std::string figures(const std::optional<double>& value);
/// "97 %".
std::string percent(double share);

/// One word per cell, every row as long as the first. The first column is aligned left, the others right.
using Rows = std::vector<std::vector<std::string>>;
/// Lines, each after `indent` spaces and ended by a newline.
std::string aligned(const Rows& rows, std::size_t indent = 0);

/// A bar of block characters, `share` (0..1) of `width` characters long, to an eighth of a character.
std::string bar(double share, int width);

}  // namespace inflight::report
