#include "process_request.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "request_errors.hpp"

namespace inflight {

ProcessRequest::ProcessRequest(ProcessModel& model, std::uint32_t number, SharedTensors tensors)
    : model_(model), number_(number), tensors_(std::move(tensors)), inputs_(tensors_.inputs()) {}

ProcessRequest::~ProcessRequest() {
  cancel();
  model_.leave(*this);
}

Result<TensorView> ProcessRequest::input(std::size_t port) {
  if (port >= inputs_.size()) return no_port(port);
  if (model_.is_busy(*this)) return busy();
  inputs_[port] = tensors_.inputs()[port];
  return inputs_[port];
}

Result<void> ProcessRequest::set_input(std::size_t port, TensorView data) {
  if (port >= inputs_.size()) return no_port(port);
  const TensorView& mine = tensors_.inputs()[port];
  if (data.type() != mine.type() || !(data.shape() == mine.shape()) || !data.data())
    return fail(ErrorCode::invalid_argument,
                fmt::format("input {} takes {} {}, not {} {}", port, to_string(mine.type()), to_string(mine.shape()),
                            to_string(data.type()), to_string(data.shape())));
  if (model_.is_busy(*this)) return busy();
  inputs_[port] = data;
  return {};
}

Result<TensorView> ProcessRequest::output(std::size_t port) {
  if (port >= tensors_.outputs().size()) return no_port(port);
  if (model_.is_busy(*this)) return busy();
  return tensors_.outputs()[port];
}

Result<void> ProcessRequest::start(Done done) {
  if (model_.is_busy(*this)) return busy();
  for (std::size_t port = 0; port < inputs_.size(); ++port) {
    const TensorView& shared = tensors_.inputs()[port];
    if (inputs_[port].data() != shared.data()) std::ranges::copy(inputs_[port].as_bytes(), shared.data());
  }
  return model_.start(*this, std::move(done));
}

}  // namespace inflight
