#include "infer_request.hpp"

#include "convert.hpp"

namespace inflight::onnxruntime {

OrtRequest::OrtRequest(Loaded& model, Lanes& lanes)
    : LaneRequest(model.info, model.device, lanes),
      model_(model),
      own_inputs_(model.info.inputs.size()),
      bound_(model.info.inputs.size()) {
  for (std::size_t i = 0; i < own_inputs_.size(); ++i) inputs_.emplace_back(nullptr);
  for (const Port& port : model_.info.outputs) {
    // Rank 0 is also what ONNX Runtime says where it does not know the rank.
    bool known = port.shape.is_static() && port.shape.rank() > 0;
    own_outputs_.push_back(known ? Tensor(port.type, port.shape) : Tensor());
    outputs_.push_back(known ? borrow(own_outputs_.back()) : Ort::Value(nullptr));
  }
}

OrtRequest::~OrtRequest() { wait_until_idle(); }

void OrtRequest::bind_input(std::size_t port, TensorView data) {
  if (bound_[port].data() == data.data() && inputs_[port]) return;
  inputs_[port] = borrow(data);
  bound_[port] = data;
}

Result<TensorView> OrtRequest::input(std::size_t port) try {
  if (Result<void> ready = idle_with(port, inputs_.size()); !ready) return fail(std::move(ready.error()));
  const Port& wanted = model_.info.inputs[port];
  if (!own_inputs_[port].view().data()) own_inputs_[port] = Tensor(wanted.type, wanted.shape);
  bind_input(port, own_inputs_[port]);
  return own_inputs_[port].view();
} catch (const std::exception& error) {
  return failed(one_line(error));
}

Result<void> OrtRequest::set_input(std::size_t port, TensorView data) try {
  if (Result<void> fits = takes(port, data); !fits) return fits;
  bind_input(port, data);
  return {};
} catch (const std::exception& error) {
  return failed(one_line(error));
}

Result<void> OrtRequest::prepare() try {
  run_options_.UnsetTerminate();
  for (std::size_t port = 0; port < inputs_.size(); ++port)
    if (!inputs_[port])  // never set: what OpenVINO does too, zeros
      if (Result<TensorView> own = input(port); !own) return fail(std::move(own.error()));
  return {};
} catch (const std::exception& error) {
  return failed(one_line(error));
}

Result<TensorView> OrtRequest::output(std::size_t port) try {
  if (Result<void> ready = idle_with(port, outputs_.size()); !ready) return fail(std::move(ready.error()));
  if (!outputs_[port]) return no_results(port);
  return to_view(outputs_[port]);
} catch (const std::exception& error) {
  return failed(one_line(error));
}

// Seen between two operators.
void OrtRequest::interrupt() noexcept { run_options_.SetTerminate(); }

Outcome OrtRequest::infer() try {
  for (std::size_t i = 0; i < outputs_.size(); ++i)
    if (!own_outputs_[i].view().data()) outputs_[i] = Ort::Value(nullptr);  // else the last run's shape would bind
  model_.session.Run(run_options_, model_.input_names.data(), inputs_.data(), inputs_.size(),
                     model_.output_names.data(), outputs_.data(), outputs_.size());
  return served();
} catch (const std::exception& error) {
  return failed(one_line(error));
}

}  // namespace inflight::onnxruntime
