// What a reader of a report needs to believe it, or to repeat it.
#pragma once

#include <string>
#include <vector>

#include "options.hpp"

namespace inflight::app {

/// Rows of a name and what it was: the command, versions, the machine.
std::vector<std::vector<std::string>> describe_environment(const Options& options);

}  // namespace inflight::app
