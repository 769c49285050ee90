// Names of classes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "inflight/engine.hpp"

namespace inflight {

/// Reads a list of names: Ultralytics' {0: 'person', 1: 'bicycle'}, JSON objects and arrays, or names between
/// newlines, commas or blanks (Open Model Zoo). Empty if `text` is none of these.
std::vector<std::string> parse_labels(std::string_view text);

/// The last part of a metadata key such as "model_info/labels": engines put what they keep under names of their own.
std::string_view last_part(std::string_view key);

/// Names of the classes of `model`: from its metadata, by its name, or by its number of classes (0: not known).
/// Empty: nobody says.
std::vector<std::string> find_labels(const ModelInfo& model, std::size_t classes);

}  // namespace inflight
