#include "archive.hpp"

#include <caffe2/serialize/inline_container.h>
#include <fmt/format.h>
#include <torch/csrc/jit/serialization/import.h>
#include <torch/csrc/jit/serialization/import_read.h>

#include <algorithm>
#include <array>

#include "convert.hpp"

namespace inflight::torchscript {
namespace {

namespace fs = std::filesystem;
using Reader = caffe2::serialize::PyTorchStreamReader;

constexpr std::array<std::string_view, 3> kExtensions{".pt", ".ts", ".torchscript"};
constexpr const char* kRemedy =
    "save it with torch.jit.script(model).save(FILE) or torch.jit.trace(model, x).save(FILE)";

tl::unexpected<Error> unusable(const fs::path& model, const std::string& why) {
  return fail(ErrorCode::model_unusable, fmt::format("{}: {}", model.string(), why));
}

/// Before LibTorch tries, whose complaints about other formats nobody understands.
Result<void> check_file(const fs::path& model) {
  std::error_code unknown;
  if (!fs::exists(model, unknown)) return unusable(model, "there is no such file");
  if (std::ranges::find(kExtensions, model.extension()) == kExtensions.end())
    return unusable(model, "LibTorch reads TorchScript models (.pt, .ts, .torchscript) only");
  return {};
}

/// torch.save() writes files of the same name and container, but without code.
Result<void> check_code(const fs::path& model) try {
  if (Reader(model.string()).hasRecord("constants.pkl")) return {};
  return unusable(model, fmt::format("it holds weights or Python objects, not a TorchScript model; {}", kRemedy));
} catch (const std::exception&) {
  return unusable(model, fmt::format("it is no TorchScript file, or damaged; {}", kRemedy));
}

std::map<std::string, std::string> read_extra_files(Reader& reader) {
  constexpr std::string_view kFolder = "extra/";
  std::map<std::string, std::string> files;
  for (const std::string& record : reader.getAllRecords()) {
    if (!record.starts_with(kFolder)) continue;
    auto [bytes, size] = reader.getRecord(record);
    files[record.substr(kFolder.size())] = std::string(static_cast<const char*>(bytes.get()), size);
  }
  return files;
}

/// Of the example that the model was traced with, {"forward": [tensor, …]}; empty where the archive has none, or
/// keeps it in a way that this LibTorch does not read.
std::vector<at::Tensor> read_traced_inputs(Reader& reader) try {
  std::vector<at::Tensor> tensors;
  if (!reader.hasRecord("traced_inputs.pkl")) return tensors;
  c10::IValue methods = torch::jit::readArchiveAndTensors("traced_inputs", "", "traced_inputs/", c10::nullopt,
                                                          c10::nullopt, at::Device(at::kCPU), reader);
  for (const c10::IValue& input : methods.toGenericDict().at("forward").toListRef())
    tensors.push_back(input.toTensor());
  return tensors;
} catch (const std::exception&) {
  return {};
}

/// What weights and inputs of a model usually have in common.
ElementType type_of_weights(const torch::jit::Module& module) {
  for (const at::Tensor& weights : module.parameters())
    if (weights.is_floating_point()) return to_element_type(weights.scalar_type());
  return ElementType::f32;
}

/// The tensors that forward() must be given.
Result<std::vector<Port>> describe_inputs(const torch::jit::Module& module, ElementType type) {
  std::vector<Port> inputs;
  auto forward = module.find_method("forward");
  if (!forward) return fail(ErrorCode::model_unusable, "the model has no forward()");
  const std::vector<c10::Argument>& arguments = forward->function().getSchema().arguments();
  for (auto argument = arguments.begin() + 1; argument != arguments.end(); ++argument) {  // the first is self
    if (argument->default_value()) continue;
    if (argument->type()->kind() != c10::TypeKind::TensorType)
      return fail(ErrorCode::model_unusable,
                  fmt::format("forward() takes \"{}\" of type {}: export a model that takes tensors only",
                              argument->name(), argument->type()->str()));
    inputs.push_back({argument->name(), type, {-1}, {}});
  }
  return inputs;
}

void add_traced_shapes(const std::vector<at::Tensor>& traced, std::vector<Port>& inputs) {
  for (std::size_t i = 0; i < std::min(traced.size(), inputs.size()); ++i)
    if (Result<Port> port = to_port(inputs[i].name, traced[i])) inputs[i] = *port;
}

}  // namespace

Result<Archive> read_archive(const fs::path& model, at::Device device) {
  if (Result<void> readable = check_file(model); !readable) return fail(std::move(readable.error()));
  if (Result<void> readable = check_code(model); !readable) return fail(std::move(readable.error()));
  Archive archive;
  try {
    archive.module = torch::jit::load(model.string(), device);
  } catch (const std::exception& error) {
    return unusable(model, "LibTorch cannot read it: " + one_line(error));
  }
  archive.module.eval();
  archive.precision = type_of_weights(archive.module);
  Result<std::vector<Port>> inputs = describe_inputs(archive.module, archive.precision);
  if (!inputs) return unusable(model, inputs.error().message);
  Reader reader(model.string());
  add_traced_shapes(read_traced_inputs(reader), *inputs);
  archive.info = {model.stem().string(), std::move(*inputs), {}, read_extra_files(reader)};
  return archive;
}

}  // namespace inflight::torchscript
