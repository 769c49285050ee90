// One inference, whoever asks for it.
#pragma once

#include <c10/core/InferenceMode.h>
#include <torch/csrc/jit/api/module.h>

#include <string>
#include <vector>

namespace inflight::torchscript {

/// What LibTorch keeps for each thread: no gradients, for a scope, and how many threads compute an operator. That
/// number stays, and LibTorch also takes it as the default of threads to come. So the scope belongs on a thread of
/// ours, not on one of the user's.
class TorchScope {
 public:
  explicit TorchScope(int intra_op_threads);

 private:
  c10::InferenceMode no_gradients_;
};

struct NamedTensor {
  std::string name;
  at::Tensor tensor;
};

/// A module's forward(), from and to the CPU's memory. Thread-safe, as TorchScript's interpreter is.
class Forward {
 public:
  Forward(const torch::jit::Module& module, at::Device device);

  /// The outputs are dense and nobody else's; those in tuples, lists and dictionaries in order of appearance.
  /// Throws what LibTorch throws, and std::runtime_error where an output is no tensor. Needs a TorchScope.
  std::vector<NamedTensor> operator()(const std::vector<at::Tensor>& inputs) const;

 private:
  at::Tensor argument(std::size_t input, const at::Tensor& tensor) const;

  const torch::jit::Method method_;
  const at::Device device_;
  std::vector<bool> writes_to_;  ///< the inputs that the model changes, e.g. by x.div_(255)
};

}  // namespace inflight::torchscript
