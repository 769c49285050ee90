#include "infer_request.hpp"

#include <fmt/format.h>

#include "convert.hpp"

namespace inflight::onnxruntime {
namespace {

tl::unexpected<Error> busy() { return fail(ErrorCode::busy, "the request is in flight"); }

tl::unexpected<Error> cancelled() { return fail(ErrorCode::cancelled, "the inference was cancelled"); }

}  // namespace

OrtRequest::OrtRequest(Loaded& model, Lanes& lanes)
    : model_(model), lanes_(lanes), own_inputs_(model.info.inputs.size()), bound_(model.info.inputs.size()) {
  for (std::size_t i = 0; i < own_inputs_.size(); ++i) inputs_.emplace_back(nullptr);
  for (const Port& port : model_.info.outputs) {
    // Rank 0 is also what ONNX Runtime says where it does not know the rank.
    bool known = port.shape.is_static() && port.shape.rank() > 0;
    own_outputs_.push_back(known ? Tensor(port.type, port.shape) : Tensor());
    outputs_.push_back(known ? borrow(own_outputs_.back()) : Ort::Value(nullptr));
  }
}

OrtRequest::~OrtRequest() {
  MutexLock lock(mutex_);
  while (in_flight_ || calling_ > 0) changed_.wait(lock);
}

Result<void> OrtRequest::idle_with(std::size_t port, std::size_t ports) {
  MutexLock lock(mutex_);
  if (in_flight_) return busy();
  if (port >= ports) return fail(ErrorCode::invalid_argument, fmt::format("the model has no port {}", port));
  return {};
}

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
  return fail(ErrorCode::engine_failed, fmt::format("{}: {}", model_.device, one_line(error)));
}

Result<void> OrtRequest::set_input(std::size_t port, TensorView data) try {
  if (Result<void> ready = idle_with(port, inputs_.size()); !ready) return ready;
  const Port& wanted = model_.info.inputs[port];
  if (data.type() != wanted.type || data.shape() != wanted.shape)
    return fail(ErrorCode::invalid_argument,
                fmt::format("input \"{}\" takes {} {}, not {} {}", wanted.name, to_string(wanted.type),
                            to_string(wanted.shape), to_string(data.type()), to_string(data.shape())));
  bind_input(port, data);
  return {};
} catch (const std::exception& error) {
  return fail(ErrorCode::engine_failed, fmt::format("{}: {}", model_.device, one_line(error)));
}

Result<void> OrtRequest::start(Done done) try {
  if (Result<void> ready = idle_with(0, 1); !ready) return ready;
  for (std::size_t port = 0; port < inputs_.size(); ++port)
    if (!inputs_[port])  // never set: what OpenVINO does too, zeros
      if (Result<TensorView> own = input(port); !own) return fail(std::move(own.error()));
  {
    MutexLock lock(mutex_);
    run_options_.UnsetTerminate();
    in_flight_ = true;
    cancelled_ = false;
  }
  done_ = std::move(done);
  started_ = steady_clock().now();
  lanes_.submit(*this);
  return {};
} catch (const std::exception& error) {
  return fail(ErrorCode::engine_failed, fmt::format("{}: {}", model_.device, one_line(error)));
}

Result<TensorView> OrtRequest::output(std::size_t port) try {
  if (Result<void> ready = idle_with(port, outputs_.size()); !ready) return fail(std::move(ready.error()));
  if (!outputs_[port])
    return fail(ErrorCode::invalid_argument,
                fmt::format("output \"{}\" has no results yet", model_.info.outputs[port].name));
  return to_view(outputs_[port]);
} catch (const std::exception& error) {
  return fail(ErrorCode::engine_failed, fmt::format("{}: {}", model_.device, one_line(error)));
}

void OrtRequest::cancel() noexcept {
  MutexLock lock(mutex_);
  if (!in_flight_) return;
  cancelled_ = true;
  run_options_.SetTerminate();  // seen between two operators
  lanes_.hurry(*this);          // if it still waits: a lane then only has to say so
}

void OrtRequest::run() noexcept {
  bool given_up = false;
  {
    MutexLock lock(mutex_);
    given_up = cancelled_;
  }
  complete(given_up ? cancelled() : infer());
}

Outcome OrtRequest::infer() try {
  for (std::size_t i = 0; i < outputs_.size(); ++i)
    if (!own_outputs_[i].view().data()) outputs_[i] = Ort::Value(nullptr);  // else the last run's shape would bind
  model_.session.Run(run_options_, model_.input_names.data(), inputs_.data(), inputs_.size(),
                     model_.output_names.data(), outputs_.data(), outputs_.size());
  return Served{model_.device, 1, steady_clock().now() - started_};
} catch (const std::exception& error) {
  MutexLock lock(mutex_);
  if (cancelled_) return cancelled();
  return fail(ErrorCode::engine_failed, fmt::format("{}: {}", model_.device, one_line(error)));
}

void OrtRequest::complete(Outcome outcome) {
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

}  // namespace inflight::onnxruntime
