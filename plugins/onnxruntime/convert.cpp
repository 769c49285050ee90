#include "convert.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace inflight::onnxruntime {
namespace {

constexpr std::array<std::pair<ONNXTensorElementDataType, ElementType>, 8> kTypes{{
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8, ElementType::u8},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8, ElementType::i8},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32, ElementType::i32},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64, ElementType::i64},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_BFLOAT16, ElementType::bf16},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16, ElementType::f16},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, ElementType::f32},
    {ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE, ElementType::f64},
}};

Result<Port> to_port(std::string name, const Ort::TypeInfo& type) {
  if (type.GetONNXType() != ONNX_TYPE_TENSOR)
    return fail(ErrorCode::model_unusable, fmt::format("\"{}\" is a sequence, a map or sparse, not a tensor", name));
  auto tensor = type.GetTensorTypeAndShapeInfo();
  Port port{std::move(name), to_element_type(tensor.GetElementType()), {}, {}};
  std::vector<std::int64_t> dims = tensor.GetShape();
  if (dims.size() > Shape::kMaxRank)
    return fail(ErrorCode::model_unusable,
                fmt::format("\"{}\" has more than {} dimensions", port.name, Shape::kMaxRank));
  if (port.type == ElementType::other)
    return fail(ErrorCode::model_unusable,
                fmt::format("\"{}\" holds strings, bools or another type that Inflight has not", port.name));
  port.shape = Shape(dims);
  return port;
}

void add_open_dimensions(std::size_t input, const Ort::TypeInfo& type, std::vector<OpenDimension>& open) {
  auto tensor = type.GetTensorTypeAndShapeInfo();
  std::vector<std::int64_t> dims = tensor.GetShape();
  std::vector<const char*> names(dims.size());
  tensor.GetSymbolicDimensions(names.data(), names.size());
  for (std::size_t axis = 0; axis < dims.size(); ++axis)
    if (dims[axis] < 0) open.push_back({input, axis, names[axis]});
}

std::map<std::string, std::string> to_metadata(const Ort::Session& session) {
  Ort::AllocatorWithDefaultOptions allocator;
  Ort::ModelMetadata theirs = session.GetModelMetadata();
  std::map<std::string, std::string> ours;
  for (const auto& key : theirs.GetCustomMetadataMapKeysAllocated(allocator))
    if (auto value = theirs.LookupCustomMetadataMapAllocated(key.get(), allocator)) ours[key.get()] = value.get();
  return ours;
}

}  // namespace

ElementType to_element_type(ONNXTensorElementDataType type) noexcept {
  for (auto [theirs, ours] : kTypes)
    if (type == theirs) return ours;
  return ElementType::other;
}

ONNXTensorElementDataType from_element_type(ElementType type) noexcept {
  for (auto [theirs, ours] : kTypes)
    if (type == ours) return theirs;
  return ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
}

Ort::Value borrow(TensorView data) {
  static const auto* memory = new Ort::MemoryInfo(Ort::MemoryInfo::CreateCpu(OrtDeviceAllocator, OrtMemTypeDefault));
  auto dims = data.shape().dims();
  return Ort::Value::CreateTensor(*memory, data.data(), data.bytes(), dims.data(), dims.size(),
                                  from_element_type(data.type()));
}

TensorView to_view(const Ort::Value& value) {
  auto info = value.GetTensorTypeAndShapeInfo();
  std::vector<std::int64_t> dims = info.GetShape();
  // const_cast: outputs are handed out as views too, and reading them is all that anyone does.
  return {const_cast<void*>(value.GetTensorRawData()), to_element_type(info.GetElementType()), Shape(dims)};
}

Result<Description> describe(const std::string& name, const Ort::Session& session) {
  Ort::AllocatorWithDefaultOptions allocator;
  Description all{{name, {}, {}, to_metadata(session)}, {}};
  for (std::size_t i = 0; i < session.GetInputCount(); ++i) {
    Ort::TypeInfo type = session.GetInputTypeInfo(i);
    Result<Port> port = to_port(session.GetInputNameAllocated(i, allocator).get(), type);
    if (!port) return fail(std::move(port.error()));
    add_open_dimensions(i, type, all.open);
    all.info.inputs.push_back(std::move(*port));
  }
  for (std::size_t i = 0; i < session.GetOutputCount(); ++i) {
    Result<Port> port = to_port(session.GetOutputNameAllocated(i, allocator).get(), session.GetOutputTypeInfo(i));
    if (!port) return fail(std::move(port.error()));
    all.info.outputs.push_back(std::move(*port));
  }
  return all;
}

std::string one_line(const std::exception& error) {
  constexpr std::size_t kLongest = 300;
  std::string text = error.what();
  for (char& c : text)
    if (c == '\n' || c == '\r' || c == '\t') c = ' ';
  while (text.ends_with(' ')) text.pop_back();
  return text.size() > kLongest ? text.substr(0, kLongest) + "…" : text;
}

}  // namespace inflight::onnxruntime
