// The shapes of inputs as people write them, for models whose files do not tell.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "inflight/engine.hpp"

namespace inflight::torchscript {

/// INPUT_SHAPE=1,3,416,416 says the shape of the only input, INPUT_SHAPE.NAME=… that of one of several. Both a
/// property and an extra file in the archive, so that a model can carry it: torch.jit.save(model, FILE,
/// _extra_files={"INPUT_SHAPE": "1,3,416,416"}).
inline constexpr const char* kInputShape = "INPUT_SHAPE";

/// What says the shape of `port`, one of `inputs`.
std::string shape_property(const std::vector<Port>& inputs, const Port& port);
bool is_shape_property(const std::vector<Port>& inputs, const std::string& name);

/// Sets the shapes that `values` name. Errors: invalid_argument, naming the value that is no shape.
Result<void> apply_input_shapes(const std::map<std::string, std::string>& values, std::vector<Port>& inputs);

}  // namespace inflight::torchscript
