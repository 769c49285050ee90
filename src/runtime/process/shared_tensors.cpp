#include "shared_tensors.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "tensor_size.hpp"

namespace inflight {
namespace {

constexpr std::size_t kAlignment = 64;                    // as Tensor's: what engines compute with at full speed
constexpr std::size_t kMostBytes = std::size_t{1} << 36;  // of one request; what claims more is no model

Result<std::vector<std::size_t>> place(const std::vector<Port>& ports, std::size_t& bytes) {
  std::vector<std::size_t> offsets;
  for (const Port& port : ports) {
    if (!port.shape.is_static() || size_of(port.type) == 0)
      return fail(ErrorCode::device_unusable,
                  fmt::format("\"{}\" has no fixed size ({} {}), and PROCESS shares memory of a size that is known "
                              "beforehand; give the shapes of the inputs, or use the device without PROCESS",
                              port.name, to_string(port.type), to_string(port.shape)));
    std::optional<std::size_t> size = bytes_of(port.type, port.shape);
    if (!size || *size > kMostBytes || bytes > kMostBytes)
      return fail(ErrorCode::device_unusable,
                  fmt::format("\"{}\" ({} {}) takes more than the {} GiB that a request may have", port.name,
                              to_string(port.type), to_string(port.shape), kMostBytes >> 30));
    offsets.push_back(bytes);
    bytes += (*size + kAlignment - 1) / kAlignment * kAlignment;
  }
  return offsets;
}

bool same(const std::vector<Port>& a, const std::vector<Port>& b) noexcept {
  return std::ranges::equal(a, b, [](const Port& x, const Port& y) { return x.type == y.type && x.shape == y.shape; });
}

std::vector<TensorView> views(std::span<std::byte> bytes, const std::vector<Port>& ports,
                              const std::vector<std::size_t>& offsets) {
  std::vector<TensorView> all;
  all.reserve(ports.size());
  for (std::size_t i = 0; i < ports.size(); ++i)
    all.emplace_back(bytes.data() + offsets[i], ports[i].type, ports[i].shape);
  return all;
}

}  // namespace

Result<TensorLayout> layout_of(const ModelInfo& info) {
  TensorLayout layout{info.inputs, info.outputs, {}, {}, 0};
  Result<std::vector<std::size_t>> inputs = place(layout.inputs, layout.bytes);
  if (!inputs) return fail(std::move(inputs.error()));
  Result<std::vector<std::size_t>> outputs = place(layout.outputs, layout.bytes);
  if (!outputs) return fail(std::move(outputs.error()));
  layout.input_offsets = std::move(*inputs);
  layout.output_offsets = std::move(*outputs);
  return layout;
}

bool fits(const TensorLayout& a, const TensorLayout& b) noexcept {
  return same(a.inputs, b.inputs) && same(a.outputs, b.outputs);
}

SharedTensors::SharedTensors(SharedMemory memory, const TensorLayout& layout)
    : memory_(std::move(memory)),
      inputs_(views(memory_.bytes(), layout.inputs, layout.input_offsets)),
      outputs_(views(memory_.bytes(), layout.outputs, layout.output_offsets)) {}

}  // namespace inflight
