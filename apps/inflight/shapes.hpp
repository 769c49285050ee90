// Shapes as benchmark_app writes them.
#pragma once

#include <map>
#include <string>

#include "inflight/result.hpp"
#include "inflight/tensor.hpp"

namespace inflight::app {

/// "[1,3,224,224]" (under the name "") or "data[1,3,224,224],info[1,2]". Errors: invalid_argument.
Result<std::map<std::string, Shape>> parse_shapes(const std::string& text);

}  // namespace inflight::app
