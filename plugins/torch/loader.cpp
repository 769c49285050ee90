#include "loader.hpp"

#include <ATen/Functions.h>
#include <fmt/format.h>

#include <algorithm>

#include "archive.hpp"
#include "convert.hpp"
#include "inflight/detail/joined.hpp"
#include "input_shapes.hpp"

namespace inflight::torchscript {
namespace {

namespace fs = std::filesystem;

tl::unexpected<Error> unusable(const fs::path& model, const std::string& why) {
  return fail(ErrorCode::model_unusable, fmt::format("{}: {}", model.string(), why));
}

bool has_shapes(const ModelInfo& info) {
  return std::ranges::all_of(info.inputs, [](const Port& port) { return port.shape.is_static(); });
}

/// All `value`; but zeros where the numbers may be indices.
std::vector<at::Tensor> make_inputs(const std::vector<Port>& ports, double value) {
  std::vector<at::Tensor> inputs;
  for (const Port& port : ports) {
    at::ScalarType type = from_element_type(port.type);
    at::IntArrayRef sizes(port.shape.dims().data(), port.shape.rank());
    inputs.push_back(at::full(sizes, at::isFloatingType(type) ? value : 0, type));
  }
  return inputs;
}

/// Dimensions that differ between two inferences are open.
Shape common_shape(const Shape& a, const Shape& b) {
  if (a.rank() != b.rank()) return {-1};
  Shape common = a;
  for (std::size_t i = 0; i < a.rank(); ++i)
    if (a[i] != b[i]) common[i] = -1;
  return common;
}

Result<std::vector<Port>> run_once(const Forward& forward, const std::vector<at::Tensor>& inputs) {
  std::vector<Port> ports;
  for (const NamedTensor& output : forward(inputs)) {
    Result<Port> port = to_port(output.name, output.tensor);
    if (!port) return fail(std::move(port.error()));
    ports.push_back(std::move(*port));
  }
  return ports;
}

/// The outputs that inferences on those inputs have.
Result<std::vector<Port>> find_outputs(const Forward& forward, const std::vector<Port>& inputs) try {
  Result<std::vector<Port>> outputs = run_once(forward, make_inputs(inputs, 0));
  if (!outputs) return outputs;
  Result<std::vector<Port>> again = run_once(forward, make_inputs(inputs, 1));
  if (!again) return again;
  if (again->size() != outputs->size())
    return fail(ErrorCode::model_unusable, "how many tensors forward() returns depends on its input");
  for (std::size_t i = 0; i < outputs->size(); ++i)
    (*outputs)[i].shape = common_shape((*outputs)[i].shape, (*again)[i].shape);
  return outputs;
} catch (const std::exception& error) {
  std::string given;
  for (const Port& port : inputs)
    detail::join(given, ", ", fmt::format("\"{}\" {} {}", port.name, to_string(port.type), to_string(port.shape)));
  return fail(ErrorCode::model_unusable, fmt::format("it does not run with {}: {}", given, one_line(error)));
}

Result<void> set_batch(std::vector<Port>& inputs, std::int64_t batch) {
  for (Port& port : inputs) {
    if (batch <= 0) continue;
    if (port.shape.rank() == 0)
      return fail(ErrorCode::model_unusable, fmt::format("input \"{}\" has no batch dimension", port.name));
    port.shape[0] = batch;
  }
  return {};
}

/// The shapes that were asked for, or the file's own; each input must have one.
Result<void> fix_inputs(const CompileOptions& options, ModelInfo& info) {
  if (Result<void> known = apply_input_shapes(info.metadata, info.inputs); !known)
    return fail(ErrorCode::model_unusable, known.error().message);
  if (Result<void> known = apply_input_shapes(options.properties, info.inputs); !known) return known;
  for (Port& port : info.inputs) {
    auto asked = options.shapes.find(info.inputs.size() == 1 && !options.shapes.contains(port.name) ? "" : port.name);
    if (asked != options.shapes.end()) port.shape = asked->second;
  }
  for (const Port& port : info.inputs)
    if (!port.shape.is_static())
      return fail(ErrorCode::model_unusable,
                  fmt::format("the file does not say what shape input \"{}\" has: give it as property {}, e.g. "
                              "-p {}=1,3,416,416",
                              port.name, shape_property(info.inputs, port), shape_property(info.inputs, port)));
  return set_batch(info.inputs, options.batch);
}

Result<void> check_properties(const LoadRequest& request, const ModelInfo& info) {
  for (const auto& [name, value] : request.options.properties)
    if (!is_shape_property(info.inputs, name))
      return fail(ErrorCode::invalid_argument,
                  fmt::format("torch:{} has no property \"{}\", only {}", request.device, name,
                              info.inputs.size() == 1 ? kInputShape : "INPUT_SHAPE.NAME, NAME being that of an input"));
  return {};
}

Result<void> check_types(const LoadRequest& request, const ModelInfo& info) {
  auto same = [](const std::optional<ElementType>& type) {
    return [&type](const Port& port) { return !type || port.type == *type; };
  };
  if (std::ranges::all_of(info.inputs, same(request.options.input_type)) &&
      std::ranges::all_of(info.outputs, same(request.options.output_type)))
    return {};
  return fail(ErrorCode::invalid_argument,
              fmt::format("torch:{} takes and gives what the model says, {} in and {} out; ov:CPU converts",
                          request.device, to_string(info.inputs.front().type), to_string(info.outputs.front().type)));
}

/// A copy in other numbers would be another model; and its quality the user's to judge.
Result<void> check_precision(const LoadRequest& request, ElementType weights) {
  if (request.options.precision.value_or(weights) == weights) return {};
  return fail(ErrorCode::device_unusable,
              fmt::format("torch:{} computes in the type of the model's weights, here {}, not in {}: convert the model",
                          request.device, to_string(weights), to_string(*request.options.precision)));
}

}  // namespace

Result<LoadedModule> load_module(const LoadRequest& request) {
  Result<Archive> archive = read_archive(request.model, request.where);
  if (!archive) return fail(std::move(archive.error()));
  ModelInfo& info = archive->info;
  if (Result<void> known = check_properties(request, info); !known) return fail(std::move(known.error()));
  if (Result<void> able = check_precision(request, archive->precision); !able) return fail(std::move(able.error()));
  if (Result<void> fixed = fix_inputs(request.options, info); !fixed) {
    if (fixed.error().code == ErrorCode::invalid_argument) return fail(std::move(fixed.error()));
    return unusable(request.model, fixed.error().message);
  }
  Forward forward(archive->module, request.where);
  Result<std::vector<Port>> outputs = find_outputs(forward, info.inputs);
  if (!outputs) return unusable(request.model, outputs.error().message);
  info.outputs = std::move(*outputs);
  if (Result<void> fits = check_types(request, info); !fits) return fail(std::move(fits.error()));
  return LoadedModule{std::move(forward), std::move(info), archive->precision};
}

Result<ModelInfo> inspect(const fs::path& model) {
  Result<Archive> archive = read_archive(model, at::kCPU);
  if (!archive) return fail(std::move(archive.error()));
  ModelInfo& info = archive->info;
  if (Result<void> known = apply_input_shapes(info.metadata, info.inputs); !known)
    return unusable(model, known.error().message);
  if (!has_shapes(info)) return std::move(info);
  Result<std::vector<Port>> outputs = find_outputs(Forward(archive->module, at::kCPU), info.inputs);
  if (!outputs) return unusable(model, outputs.error().message);
  info.outputs = std::move(*outputs);
  return std::move(info);
}

}  // namespace inflight::torchscript
