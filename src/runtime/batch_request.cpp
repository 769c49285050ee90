#include "batch_request.hpp"

#include <cstring>

#include "request_errors.hpp"

namespace inflight {
namespace {

std::vector<Tensor> allocate(const std::vector<Port>& ports) {
  std::vector<Tensor> tensors;
  for (const Port& port : ports) tensors.emplace_back(port.type, port.shape);
  return tensors;
}

/// Item `index` of a batch: dimension 0 is the batch, so items lie one after the other.
std::span<std::byte> item(const TensorView& batch, std::size_t index, std::size_t bytes) {
  return batch.as_bytes().subspan(index * bytes, bytes);
}

}  // namespace

BatchRequest::BatchRequest(std::shared_ptr<BatchModel> model)
    : model_(std::move(model)), inputs_(allocate(model_->info().inputs)), outputs_(allocate(model_->info().outputs)) {
  for (const Tensor& tensor : inputs_) bound_.push_back(tensor.view());
  MutexLock lock(model_->mutex_);
  ++model_->requests_;
}

BatchRequest::~BatchRequest() {
  cancel();
  model_->leave(*this);
}

bool BatchRequest::is_busy() {
  MutexLock lock(model_->mutex_);
  return phase_ != Phase::idle;
}

Result<TensorView> BatchRequest::input(std::size_t port) {
  if (port >= inputs_.size()) return no_port(port);
  if (is_busy()) return busy();
  bound_[port] = inputs_[port].view();
  return bound_[port];
}

Result<void> BatchRequest::set_input(std::size_t port, TensorView data) {
  if (port >= inputs_.size()) return no_port(port);
  const TensorView own = inputs_[port].view();
  if (data.type() != own.type() || data.shape() != own.shape())
    return fail(ErrorCode::invalid_argument,
                std::string("the input takes ") + to_string(own.type()) + " " + to_string(own.shape()));
  if (is_busy()) return busy();
  bound_[port] = data;
  return {};
}

Result<TensorView> BatchRequest::output(std::size_t port) {
  if (port >= outputs_.size()) return no_port(port);
  if (is_busy()) return busy();
  return outputs_[port].view();
}

void BatchRun::start() {
  Result<void> started = copy_inputs();
  if (started) started = request_->start([this](Outcome o) { model_.finished(*this, copy_outputs(std::move(o))); });
  if (!started) model_.failed_to_start(*this, std::move(started.error()));
}

Result<void> BatchRun::copy_inputs() {
  std::size_t ports = members_.front()->bound_.size();
  for (std::size_t port = 0; port < ports; ++port) {
    Result<TensorView> batch = request_->input(port);
    if (!batch) return fail(std::move(batch.error()));
    for (std::size_t i = 0; i < members_.size(); ++i) {
      const TensorView& one = members_[i]->bound_[port];
      std::memcpy(item(*batch, i, one.bytes()).data(), one.data(), one.bytes());
    }
  }
  return {};
}

Outcome BatchRun::copy_outputs(Outcome outcome) {
  if (!outcome) return outcome;
  for (std::size_t port = 0; port < members_.front()->outputs_.size(); ++port) {
    Result<TensorView> batch = request_->output(port);
    if (!batch) return fail(std::move(batch.error()));
    for (std::size_t i = 0; i < members_.size(); ++i) {
      TensorView one = members_[i]->outputs_[port].view();
      std::memcpy(one.data(), item(*batch, i, one.bytes()).data(), one.bytes());
    }
  }
  return outcome;
}

}  // namespace inflight
