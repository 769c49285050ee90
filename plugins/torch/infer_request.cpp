#include "infer_request.hpp"

#include <fmt/format.h>

#include "convert.hpp"

namespace inflight::torchscript {

TorchRequest::TorchRequest(const Loaded& model, Lanes& lanes)
    : LaneRequest(model.info, model.device, lanes),
      model_(model),
      own_inputs_(model.info.inputs.size()),
      inputs_(model.info.inputs.size()) {}

TorchRequest::~TorchRequest() { wait_until_idle(); }

Result<TensorView> TorchRequest::input(std::size_t port) try {
  if (Result<void> ready = idle_with(port, inputs_.size()); !ready) return fail(std::move(ready.error()));
  const Port& wanted = model_.info.inputs[port];
  if (!own_inputs_[port].view().data()) own_inputs_[port] = Tensor(wanted.type, wanted.shape);
  TensorView own = own_inputs_[port];
  if (!inputs_[port].defined() || inputs_[port].data_ptr() != own.data()) inputs_[port] = borrow(own);
  return own;
} catch (const std::exception& error) {
  return failed(one_line(error));
}

Result<void> TorchRequest::set_input(std::size_t port, TensorView data) try {
  if (Result<void> fits = takes(port, data); !fits) return fits;
  inputs_[port] = borrow(data);
  return {};
} catch (const std::exception& error) {
  return failed(one_line(error));
}

Result<void> TorchRequest::prepare() {
  for (std::size_t port = 0; port < inputs_.size(); ++port)
    if (!inputs_[port].defined())  // never set: what OpenVINO does too, zeros
      if (Result<TensorView> own = input(port); !own) return fail(std::move(own.error()));
  return {};
}

Result<TensorView> TorchRequest::output(std::size_t port) {
  if (Result<void> ready = idle_with(port, model_.info.outputs.size()); !ready) return fail(std::move(ready.error()));
  if (outputs_.empty()) return no_results(port);
  return to_view(outputs_[port].tensor);
}

Outcome TorchRequest::infer() try {
  TorchScope scope(model_.intra_op_threads);
  std::vector<NamedTensor> results = model_.forward(inputs_);
  if (is_cancelled()) return fail(ErrorCode::cancelled, "the result is not wanted");
  if (results.size() != model_.info.outputs.size())
    return failed(fmt::format("the model returned {} tensors, not {} as when it was compiled", results.size(),
                              model_.info.outputs.size()));
  for (const NamedTensor& result : results)
    if (Result<Port> port = to_port(result.name, result.tensor); !port) return failed(port.error().message);
  outputs_ = std::move(results);
  return served();
} catch (const std::exception& error) {
  return failed(one_line(error));
}

}  // namespace inflight::torchscript
