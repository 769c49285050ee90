#include "forward.hpp"

#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <torch/csrc/jit/ir/alias_analysis.h>
#include <torch/csrc/jit/passes/inliner.h>

#include <algorithm>
#include <stdexcept>

namespace inflight::torchscript {
namespace {

/// Tensors with names by which a person finds them: a dictionary's keys, else their places.
class Outputs {
 public:
  static std::vector<NamedTensor> of(const c10::IValue& result) {
    Outputs all;
    all.add("", result);
    return std::move(all.found_);
  }

 private:
  void add(const std::string& name, const c10::IValue& value) {
    if (value.isNone()) return;
    if (value.isTensor()) return found_.push_back({name.empty() ? "output" : name, value.toTensor()}), void();
    if (value.isTuple()) return add_each(name, value.toTupleRef().elements());
    if (value.isList()) return add_each(name, value.toListRef());
    if (!value.isGenericDict())
      throw std::runtime_error(fmt::format("forward() returns {}; Inflight takes tensors only", value.tagKind()));
    for (const auto& entry : value.toGenericDict())
      add(fmt::format("{}{}{}", name, name.empty() ? "" : ".", entry.key().toStringRef()), entry.value());
  }

  template <class Values>
  void add_each(const std::string& name, const Values& values) {
    std::size_t i = 0;
    for (const c10::IValue& value : values) add(fmt::format("{}{}", name.empty() ? "output" : name + ".", i++), value);
  }

  std::vector<NamedTensor> found_;
};

std::vector<bool> find_written_inputs(const torch::jit::Method& method) {
  std::shared_ptr<torch::jit::Graph> graph = method.graph()->copy();
  torch::jit::Inline(*graph);
  torch::jit::AliasDb aliases(graph);
  std::vector<bool> written;
  for (const torch::jit::Value* input : graph->inputs().slice(1))  // the first is self
    written.push_back(aliases.hasWriters(input));
  return written;
}

}  // namespace

TorchScope::TorchScope(int intra_op_threads) {
  thread_local int set_here = 0;
  if (set_here == intra_op_threads) return;
  at::set_num_threads(intra_op_threads);
  set_here = intra_op_threads;
}

Forward::Forward(const torch::jit::Module& module, at::Device device)
    : method_(module.get_method("forward")), device_(device), writes_to_(find_written_inputs(method_)) {}

at::Tensor Forward::argument(std::size_t input, const at::Tensor& tensor) const {
  if (!device_.is_cpu()) return tensor.to(device_);
  return writes_to_[input] ? tensor.clone() : tensor;
}

std::vector<NamedTensor> Forward::operator()(const std::vector<at::Tensor>& inputs) const {
  std::vector<c10::IValue> arguments;
  arguments.reserve(inputs.size());
  for (std::size_t i = 0; i < inputs.size(); ++i) arguments.emplace_back(argument(i, inputs[i]));
  std::vector<NamedTensor> outputs = Outputs::of(method_(std::move(arguments)));
  for (NamedTensor& output : outputs) {
    // What is (part of) an input would change when its owner writes the next picture there.
    bool borrowed = std::ranges::any_of(inputs, [&](const at::Tensor& t) { return output.tensor.is_alias_of(t); });
    output.tensor = borrowed ? output.tensor.clone(at::MemoryFormat::Contiguous) : output.tensor.cpu().contiguous();
  }
  return outputs;
}

}  // namespace inflight::torchscript
