#include "convert.hpp"

#include <array>
#include <sstream>
#include <utility>

namespace inflight::openvino {
namespace {

const std::array<std::pair<ov::element::Type_t, ElementType>, 8> kTypes{{
    {ov::element::u8, ElementType::u8},
    {ov::element::i8, ElementType::i8},
    {ov::element::i32, ElementType::i32},
    {ov::element::i64, ElementType::i64},
    {ov::element::bf16, ElementType::bf16},
    {ov::element::f16, ElementType::f16},
    {ov::element::f32, ElementType::f32},
    {ov::element::f64, ElementType::f64},
}};

template <class Node>
Port to_port(const ov::Output<Node>& output) {
  Port port;
  port.name = output.get_names().empty() ? output.get_node()->get_friendly_name() : output.get_any_name();
  port.type = to_element_type(output.get_element_type());
  port.shape = to_shape(output.get_partial_shape());
  if (ov::Layout layout = ov::layout::get_layout(output); !layout.empty()) {
    for (char c : layout.to_string())  // "[N,C,H,W]" → "NCHW"
      if (std::isalpha(static_cast<unsigned char>(c))) port.layout += c;
  }
  return port;
}

template <class Outputs>
std::vector<Port> to_ports(const Outputs& outputs) {
  std::vector<Port> ports;
  for (const auto& output : outputs) ports.push_back(to_port(output));
  return ports;
}

void add_metadata(const ov::AnyMap& info, const std::string& prefix, std::map<std::string, std::string>& all) {
  for (const auto& [key, value] : info) {
    if (value.is<ov::AnyMap>()) {
      add_metadata(value.as<ov::AnyMap>(), prefix + key + "/", all);
      continue;
    }
    std::ostringstream text;
    try {
      value.print(text);
    } catch (const std::exception&) {
      continue;  // a value of a type that OpenVINO cannot print says nothing to us
    }
    all[prefix + key] = text.str();
  }
}

}  // namespace

ElementType to_element_type(const ov::element::Type& type) noexcept {
  for (auto [theirs, ours] : kTypes)
    if (type == theirs) return ours;
  return ElementType::other;
}

ov::element::Type from_element_type(ElementType type) noexcept {
  for (auto [theirs, ours] : kTypes)
    if (type == ours) return theirs;
  return ov::element::dynamic;
}

Shape to_shape(const ov::PartialShape& shape) {
  if (shape.rank().is_dynamic()) return {-1};
  std::vector<std::int64_t> dims;
  for (const ov::Dimension& dim : shape) dims.push_back(dim.is_static() ? dim.get_length() : -1);
  return Shape(dims);
}

TensorView to_view(const ov::Tensor& tensor) {
  std::vector<std::int64_t> dims(tensor.get_shape().begin(), tensor.get_shape().end());
  // const_cast: outputs are handed out as views too, and reading them is all that anyone does.
  return {const_cast<void*>(std::as_const(tensor).data()), to_element_type(tensor.get_element_type()), Shape(dims)};
}

ModelInfo to_model_info(const std::string& name, const ov::OutputVector& inputs, const ov::OutputVector& outputs) {
  return {name, to_ports(inputs), to_ports(outputs), {}};
}

ModelInfo to_model_info(const std::string& name, const std::vector<ov::Output<const ov::Node>>& inputs,
                        const std::vector<ov::Output<const ov::Node>>& outputs) {
  return {name, to_ports(inputs), to_ports(outputs), {}};
}

std::map<std::string, std::string> to_metadata(const ov::AnyMap& info) {
  std::map<std::string, std::string> all;
  add_metadata(info, "", all);
  return all;
}

std::string first_line(const std::exception& error) {
  // OpenVINO puts "Exception from src/…:123:" and "Check '…' failed at …" lines around what it has to say: the
  // last line that is neither is the message.
  std::istringstream lines(error.what());
  std::string best;
  for (std::string line; std::getline(lines, line);) {
    bool position = line.starts_with("Exception from ") || line.find(" failed at ") != std::string::npos;
    if (!line.empty() && !position) best = best.empty() ? line : best + " " + line;
  }
  constexpr std::size_t kLongest = 300;
  if (best.empty()) best = error.what();
  return best.size() > kLongest ? best.substr(0, kLongest) + "…" : best;
}

}  // namespace inflight::openvino
