#include "convert.hpp"

#include <ATen/Functions.h>
#include <fmt/format.h>

#include <array>
#include <utility>

namespace inflight::torchscript {
namespace {

constexpr std::array<std::pair<at::ScalarType, ElementType>, 8> kTypes{{
    {at::kByte, ElementType::u8},
    {at::kChar, ElementType::i8},
    {at::kInt, ElementType::i32},
    {at::kLong, ElementType::i64},
    {at::kBFloat16, ElementType::bf16},
    {at::kHalf, ElementType::f16},
    {at::kFloat, ElementType::f32},
    {at::kDouble, ElementType::f64},
}};

}  // namespace

ElementType to_element_type(at::ScalarType type) noexcept {
  for (auto [theirs, ours] : kTypes)
    if (type == theirs) return ours;
  return ElementType::other;
}

at::ScalarType from_element_type(ElementType type) noexcept {
  for (auto [theirs, ours] : kTypes)
    if (type == ours) return theirs;
  return at::ScalarType::Undefined;
}

at::Tensor borrow(TensorView data) {
  auto dims = data.shape().dims();
  return at::from_blob(data.data(), at::IntArrayRef(dims.data(), dims.size()), from_element_type(data.type()));
}

TensorView to_view(const at::Tensor& tensor) {
  at::IntArrayRef sizes = tensor.sizes();
  return {tensor.data_ptr(), to_element_type(tensor.scalar_type()), Shape(std::span(sizes.data(), sizes.size()))};
}

Result<Port> to_port(const std::string& name, const at::Tensor& tensor) {
  if (tensor.sizes().size() > Shape::kMaxRank)
    return fail(ErrorCode::model_unusable, fmt::format("\"{}\" has more than {} dimensions", name, Shape::kMaxRank));
  ElementType type = to_element_type(tensor.scalar_type());
  if (type == ElementType::other)
    return fail(ErrorCode::model_unusable,
                fmt::format("\"{}\" holds {}, a type that Inflight has not", name, at::toString(tensor.scalar_type())));
  return Port{name, type, Shape(std::span(tensor.sizes().data(), tensor.sizes().size())), {}};
}

std::string one_line(const std::exception& error) {
  constexpr std::size_t kLongest = 300;
  constexpr std::string_view kAfterPythonsLines = "RuntimeError: ";
  const auto* theirs = dynamic_cast<const c10::Error*>(&error);
  std::string text = theirs ? theirs->what_without_backtrace() : error.what();
  if (std::size_t last = text.rfind(kAfterPythonsLines); last != std::string::npos)
    text.erase(0, last + kAfterPythonsLines.size());
  text.erase(0, text.find_first_not_of(" \n"));
  text.erase(std::min(text.find('\n'), text.size()));
  return text.size() > kLongest ? text.substr(0, kLongest) + "…" : text;
}

}  // namespace inflight::torchscript
