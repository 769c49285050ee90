// The public face of the queue; what happens behind it is in infer_queue_state.
#include "inflight/infer_queue.hpp"

#include "infer_queue_state.hpp"

namespace inflight {

Result<InferQueue> InferQueue::create(std::shared_ptr<CompiledModel> model, const InferQueueOptions& options) {
  if (!model) return fail(ErrorCode::invalid_argument, "an InferQueue needs a compiled model");
  if (options.requests < 0 || options.times_optimal < 1)
    return fail(ErrorCode::invalid_argument, "an InferQueue needs at least one request");
  Result<std::shared_ptr<State>> state = State::create(std::move(model), options);
  if (!state) return fail(std::move(state.error()));
  return InferQueue(std::move(*state));
}

InferQueue::InferQueue(std::shared_ptr<State> state) noexcept : state_(std::move(state)) {}
InferQueue::InferQueue(InferQueue&&) noexcept = default;

InferQueue& InferQueue::operator=(InferQueue&& other) noexcept {
  if (this != &other && state_) state_->shut_down();
  state_ = std::move(other.state_);
  return *this;
}

InferQueue::~InferQueue() {
  if (state_) state_->shut_down();
}

Result<InferQueue::Slot> InferQueue::acquire() { return state_->acquire(std::nullopt); }
Result<InferQueue::Slot> InferQueue::try_acquire() { return state_->try_acquire(); }
Result<InferQueue::Slot> InferQueue::acquire_for(Duration time) { return state_->acquire(time); }
void InferQueue::acquire_async(Callback<void(Result<Slot>)> ready) { state_->acquire_async(std::move(ready)); }
bool InferQueue::cancel(Ticket ticket) noexcept { return state_->cancel(ticket); }
void InferQueue::wait_all() { state_->wait_all(); }
void InferQueue::close() noexcept { state_->close(); }
void InferQueue::stop() noexcept { state_->stop(); }
InferQueueStats InferQueue::stats() const { return state_->stats(); }
CompiledModel& InferQueue::model() const noexcept { return state_->model(); }

InferQueue::Slot::Slot(std::shared_ptr<State> state, InferRequest& request, std::uint32_t index) noexcept
    : state_(std::move(state)), request_(&request), index_(index) {}

InferQueue::Slot::Slot(Slot&& other) noexcept
    : state_(std::move(other.state_)), request_(other.request_), index_(other.index_) {}

InferQueue::Slot& InferQueue::Slot::operator=(Slot&& other) noexcept {
  if (this == &other) return *this;
  if (state_) state_->release(index_);
  state_ = std::move(other.state_);
  request_ = other.request_;
  index_ = other.index_;
  return *this;
}

InferQueue::Slot::~Slot() {
  if (state_) state_->release(index_);
}

Result<TensorView> InferQueue::Slot::input(std::size_t port) { return request().input(port); }
Result<TensorView> InferQueue::Slot::output(std::size_t port) { return request().output(port); }
InferRequest& InferQueue::Slot::request() noexcept { return *request_; }

Result<Ticket> InferQueue::Slot::submit(Completion done, const SubmitOptions& options) && {
  std::shared_ptr<State> state = std::move(state_);
  return state->submit(*request_, index_, std::move(done), options);
}

std::future<Completed> InferQueue::Slot::submit(const SubmitOptions& options) && {
  auto promise = std::make_shared<std::promise<Completed>>();
  std::future<Completed> future = promise->get_future();
  auto done = [promise](Completed completed) { promise->set_value(std::move(completed)); };
  Result<Ticket> ticket = std::move(*this).submit(done, options);
  if (!ticket) promise->set_value(Completed{fail(std::move(ticket.error())), {}});
  return future;
}

}  // namespace inflight
