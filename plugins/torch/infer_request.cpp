#include "infer_request.hpp"

#include <fmt/format.h>

#include "convert.hpp"

namespace inflight::torchscript {
namespace {

tl::unexpected<Error> busy() { return fail(ErrorCode::busy, "the request is in flight"); }

tl::unexpected<Error> cancelled() { return fail(ErrorCode::cancelled, "the inference was cancelled"); }

}  // namespace

TorchRequest::TorchRequest(const Loaded& model, Lanes& lanes)
    : model_(model), lanes_(lanes), own_inputs_(model.info.inputs.size()), inputs_(model.info.inputs.size()) {}

TorchRequest::~TorchRequest() {
  MutexLock lock(mutex_);
  while (in_flight_ || calling_ > 0) changed_.wait(lock);
}

Result<void> TorchRequest::idle_with(std::size_t port, std::size_t ports) {
  MutexLock lock(mutex_);
  if (in_flight_) return busy();
  if (port >= ports) return fail(ErrorCode::invalid_argument, fmt::format("the model has no port {}", port));
  return {};
}

Result<TensorView> TorchRequest::input(std::size_t port) try {
  if (Result<void> ready = idle_with(port, inputs_.size()); !ready) return fail(std::move(ready.error()));
  const Port& wanted = model_.info.inputs[port];
  if (!own_inputs_[port].view().data()) own_inputs_[port] = Tensor(wanted.type, wanted.shape);
  TensorView own = own_inputs_[port];
  if (!inputs_[port].defined() || inputs_[port].data_ptr() != own.data()) inputs_[port] = borrow(own);
  return own;
} catch (const std::exception& error) {
  return fail(ErrorCode::engine_failed, fmt::format("{}: {}", model_.device, one_line(error)));
}

Result<void> TorchRequest::set_input(std::size_t port, TensorView data) try {
  if (Result<void> ready = idle_with(port, inputs_.size()); !ready) return ready;
  const Port& wanted = model_.info.inputs[port];
  if (data.type() != wanted.type || data.shape() != wanted.shape)
    return fail(ErrorCode::invalid_argument,
                fmt::format("input \"{}\" takes {} {}, not {} {}", wanted.name, to_string(wanted.type),
                            to_string(wanted.shape), to_string(data.type()), to_string(data.shape())));
  inputs_[port] = borrow(data);
  return {};
} catch (const std::exception& error) {
  return fail(ErrorCode::engine_failed, fmt::format("{}: {}", model_.device, one_line(error)));
}

Result<void> TorchRequest::start(Done done) {
  if (Result<void> ready = idle_with(0, 1); !ready) return ready;
  for (std::size_t port = 0; port < inputs_.size(); ++port)
    if (!inputs_[port].defined())  // never set: what OpenVINO does too, zeros
      if (Result<TensorView> own = input(port); !own) return fail(std::move(own.error()));
  {
    MutexLock lock(mutex_);
    in_flight_ = true;
    cancelled_ = false;
  }
  done_ = std::move(done);
  started_ = steady_clock().now();
  lanes_.submit(*this);
  return {};
}

Result<TensorView> TorchRequest::output(std::size_t port) {
  if (Result<void> ready = idle_with(port, model_.info.outputs.size()); !ready) return fail(std::move(ready.error()));
  if (outputs_.empty())
    return fail(ErrorCode::invalid_argument,
                fmt::format("output \"{}\" has no results yet", model_.info.outputs[port].name));
  return to_view(outputs_[port].tensor);
}

void TorchRequest::cancel() noexcept {
  MutexLock lock(mutex_);
  if (!in_flight_) return;
  cancelled_ = true;
  lanes_.hurry(*this);  // if it still waits: a lane then only has to say so
}

bool TorchRequest::is_cancelled() {
  MutexLock lock(mutex_);
  return cancelled_;
}

void TorchRequest::run() noexcept { complete(is_cancelled() ? cancelled() : infer()); }

Outcome TorchRequest::infer() try {
  TorchScope scope(model_.intra_op_threads);
  std::vector<NamedTensor> results = model_.forward(inputs_);
  if (is_cancelled()) return cancelled();
  if (results.size() != model_.info.outputs.size())
    return fail(ErrorCode::engine_failed,
                fmt::format("{}: the model returned {} tensors, not {} as when it was compiled", model_.device,
                            results.size(), model_.info.outputs.size()));
  for (const NamedTensor& result : results)
    if (Result<Port> port = to_port(result.name, result.tensor); !port)
      return fail(ErrorCode::engine_failed, fmt::format("{}: {}", model_.device, port.error().message));
  outputs_ = std::move(results);
  return Served{model_.device, 1, steady_clock().now() - started_};
} catch (const std::exception& error) {
  if (is_cancelled()) return cancelled();
  return fail(ErrorCode::engine_failed, fmt::format("{}: {}", model_.device, one_line(error)));
}

void TorchRequest::complete(Outcome outcome) {
  Done done = std::move(done_);
  {
    MutexLock lock(mutex_);
    in_flight_ = false;  // before the call: `done` may start the request again
    ++calling_;
  }
  done(std::move(outcome));
  done.reset();
  // The destructor waits until here; once the lock is let go, the request may be gone.
  MutexLock lock(mutex_);
  --calling_;
  changed_.notify_all();
}

}  // namespace inflight::torchscript
