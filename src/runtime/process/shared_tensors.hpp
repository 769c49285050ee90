// The inputs and outputs of one request, in memory that both processes see.
#pragma once

#include <vector>

#include "inflight/engine.hpp"
#include "shared_memory.hpp"

namespace inflight {

/// Where each tensor of a request begins. Both processes work it out from the ports, so it never travels.
struct TensorLayout {
  std::vector<Port> inputs, outputs;
  std::vector<std::size_t> input_offsets, output_offsets;
  std::size_t bytes = 0;
};

/// Errors: device_unusable, naming the port that has no fixed size.
Result<TensorLayout> layout_of(const ModelInfo& info);

/// Whether requests made for one fit the other; names do not matter.
bool fits(const TensorLayout& a, const TensorLayout& b) noexcept;

class SharedTensors {
 public:
  SharedTensors() noexcept = default;
  /// `memory` has layout.bytes at least.
  SharedTensors(SharedMemory memory, const TensorLayout& layout);

  const SharedMemory& memory() const noexcept { return memory_; }
  const std::vector<TensorView>& inputs() const noexcept { return inputs_; }
  const std::vector<TensorView>& outputs() const noexcept { return outputs_; }

 private:
  SharedMemory memory_;
  std::vector<TensorView> inputs_, outputs_;
};

}  // namespace inflight
