#include "device_pool_request.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "inflight/detail/joined.hpp"
#include "request_errors.hpp"

namespace inflight {

Result<std::unique_ptr<InferRequest>> PooledRequest::create(DevicePool& pool) {
  for (const Port& port : pool.info().inputs)
    if (!port.shape.is_static() || size_of(port.type) == 0)
      return fail(ErrorCode::model_unusable,
                  fmt::format("input {} has no fixed size: {}", port.name, to_string(port.shape)));
  std::unique_ptr<PooledRequest> request(new PooledRequest(pool));
  if (Result<void> held = request->hold(pool.first_choice()); !held) return fail(std::move(held.error()));
  return request;
}

PooledRequest::PooledRequest(DevicePool& pool) : pool_(pool) {
  for (const Port& port : pool.info().inputs) {
    memory_.emplace_back(port.type, port.shape);
    inputs_.push_back(memory_.back());
  }
  pool_.add_user();
}

PooledRequest::~PooledRequest() {
  cancel();
  MutexLock lock(mutex_);
  while (busy_ || active_ > 0) idle_.wait(lock);
  lock.unlock();
  if (inner_) pool_.give_back(member_, std::move(inner_));
  pool_.remove_user();
}

bool PooledRequest::is_busy() {
  MutexLock lock(mutex_);
  return busy_;
}

Result<TensorView> PooledRequest::input(std::size_t port) {
  if (port >= inputs_.size()) return no_port(port);
  if (is_busy()) return busy();
  if (inputs_[port].data() != memory_[port].view().data()) bound_ = false;
  inputs_[port] = memory_[port];
  return inputs_[port];
}

Result<void> PooledRequest::set_input(std::size_t port, TensorView data) {
  if (port >= inputs_.size()) return no_port(port);
  if (is_busy()) return busy();
  TensorView mine = memory_[port];
  if (data.type() != mine.type() || !(data.shape() == mine.shape()) || !data.data())
    return fail(ErrorCode::invalid_argument,
                fmt::format("input {} takes {}{}, not {}{}", port, to_string(mine.type()), to_string(mine.shape()),
                            to_string(data.type()), to_string(data.shape())));
  if (inputs_[port].data() != data.data()) bound_ = false;
  inputs_[port] = data;
  return {};
}

Result<TensorView> PooledRequest::output(std::size_t port) {
  if (is_busy()) return busy();
  if (!inner_) return fail(ErrorCode::engine_failed, "no device could prepare a request");
  return inner_->output(port);
}

Result<void> PooledRequest::start(Done done) {
  {
    MutexLock lock(mutex_);
    if (busy_) return busy();
    busy_ = true;
    cancelled_ = false;
    ++active_;
    done_ = std::move(done);
  }
  attempts_ = {};
  reasons_.clear();
  started_ = pool_.clock().now();
  Result<void> launched = launch();
  if (!launched) {
    MutexLock lock(mutex_);
    done = std::move(done_);
    busy_ = false;
  }
  leave();
  return launched;
}

Result<void> PooledRequest::launch() {
  while (true) {
    auto [member, waits] = pool_.route(*this, attempts_, pool_.clock().now());
    if (waits) return await_member(), Result<void>();
    if (member == kNoMember) return fail(ErrorCode::engine_failed, reasons_);
    Result<void> launched = launch_on(member);
    if (launched) return launched;  // from here on it may have ended already, and begun anew
    detail::join(reasons_, "; ", fmt::format("{}: {}", pool_.device(member), launched.error().message));
    pool_.ended(member, fail(std::move(launched.error())));
  }
}

Result<void> PooledRequest::launch_on(std::size_t member) {
  if (Result<void> held = hold(member); !held) return held;
  if (Result<void> bound = bind(); !bound) return bound;
  std::uint64_t run = begin_run();
  Result<void> started = inner_->start([this](Outcome outcome) { ended(std::move(outcome)); });
  if (started) {
    cancel_if_asked(run);
  } else {
    MutexLock lock(mutex_);
    running_ = false;
  }
  return started;
}

Result<void> PooledRequest::hold(std::size_t member) {
  if (inner_ && member_ == member) return {};
  Result<std::unique_ptr<InferRequest>> request = pool_.borrow(member);
  if (!request) return fail(std::move(request.error()));
  if (inner_) pool_.give_back(member_, std::move(inner_));
  inner_ = std::move(*request);
  member_ = member;
  bound_ = false;
  return {};
}

Result<void> PooledRequest::bind() {
  if (bound_) return {};
  for (std::size_t port = 0; port < inputs_.size(); ++port)
    if (Result<void> set = inner_->set_input(port, inputs_[port]); !set) return set;
  bound_ = true;
  return {};
}

std::uint64_t PooledRequest::begin_run() {
  MutexLock lock(mutex_);
  running_ = true;
  return ++run_;
}

void PooledRequest::cancel() noexcept {
  MutexLock lock(mutex_);
  if (!busy_) return;
  cancelled_ = true;
  // Under the lock, so that it cannot hit the next inference of the same request. Engines answer elsewhere.
  running_ ? inner_->cancel() : cancel_waiting();
}

/// It may have been resumed already.
void PooledRequest::await_member() {
  {
    MutexLock lock(mutex_);
    if (cancelled_) cancel_waiting();
  }
  pool_.go_on();
}

/// Answered on the clock's thread: this may be any, holding any lock.
void PooledRequest::cancel_waiting() {
  if (!pool_.stop_waiting(*this)) return;
  ++active_;
  pool_.clock().call_at(pool_.clock().now(), [this] {
    finish(fail(ErrorCode::cancelled, "the inference was cancelled"));
    leave();
  });
}

void PooledRequest::resume() {
  bool cancelled = false;
  {
    MutexLock lock(mutex_);
    ++active_;
    cancelled = cancelled_;
  }
  Result<void> launched = cancelled ? fail(ErrorCode::cancelled, "the inference was cancelled") : launch();
  if (!launched) finish(fail(std::move(launched.error())));
  leave();
}

/// A cancel() may have come before there was anything to cancel.
void PooledRequest::cancel_if_asked(std::uint64_t run) noexcept {
  MutexLock lock(mutex_);
  if (running_ && run_ == run && cancelled_) inner_->cancel();
}

void PooledRequest::ended(Outcome outcome) {
  bool cancelled = false;
  {
    MutexLock lock(mutex_);
    ++active_;
    running_ = false;
    cancelled = cancelled_;
  }
  pool_.ended(member_, outcome);
  if (!runs_elsewhere(outcome, cancelled)) finish(std::move(outcome));
  pool_.go_on();
  leave();
}

bool PooledRequest::runs_elsewhere(Outcome& outcome, bool cancelled) {
  if (outcome) {
    if (attempts_.count > 1) outcome->infer_time = pool_.clock().now() - started_;
    return false;
  }
  if (outcome.error().code == ErrorCode::cancelled) return false;
  if (cancelled) {
    outcome = fail(ErrorCode::cancelled, "the inference was cancelled");
    return false;
  }
  detail::join(reasons_, "; ", fmt::format("{}: {}", pool_.device(member_), outcome.error().message));
  Result<void> launched = launch();
  if (!launched) outcome = fail(std::move(launched.error()));
  return launched.has_value();
}

void PooledRequest::finish(Outcome outcome) {
  Done done;
  {
    MutexLock lock(mutex_);
    done = std::move(done_);
    busy_ = false;  // before the call: `done` may start the request again
  }
  done(std::move(outcome));
}

void PooledRequest::leave() {
  MutexLock lock(mutex_);
  --active_;
  idle_.notify_all();
}

}  // namespace inflight
