// CompileOptions and -p properties, as ONNX Runtime's session options.
#pragma once

#include <onnxruntime_cxx_api.h>

#include <map>
#include <string>

#include "inflight/engine.hpp"
#include "schedule.hpp"

namespace inflight::onnxruntime {

/// Every property that is a session option by ONNX Runtime's own name: intra_op_num_threads,
/// inter_op_num_threads, graph_optimization_level, execution_mode, enable_cpu_mem_arena, enable_mem_pattern,
/// log_severity_level; the keys of onnxruntime_session_options_config_keys.h; and
/// free_dimension_override.NAME for a dimension that the model leaves open. Those that are none of these are left
/// for the execution provider, in `others`. Errors: invalid_argument, naming the property and what it takes.
Result<Ort::SessionOptions> make_session_options(const Schedule& schedule,
                                                 const std::map<std::string, std::string>& properties,
                                                 std::map<std::string, std::string>& others);

}  // namespace inflight::onnxruntime
