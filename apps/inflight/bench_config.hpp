// benchmark_app's -load_config and -dump_config: properties by device, as JSON: {"CPU": {"NUM_STREAMS": "2"}}.
#pragma once

#include <string>

#include "options.hpp"

namespace inflight::app {

/// Properties of the device that `options` names; what the command line says wins.
/// Errors: unreadable_input, naming file and place.
Result<void> load_config(const std::string& path, Options& options);
/// What the command line and the loaded file say. Errors: output_failed.
Result<void> dump_config(const std::string& path, const Options& options);

}  // namespace inflight::app
