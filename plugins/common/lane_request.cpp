#include "lane_request.hpp"

#include <fmt/format.h>

namespace inflight {
namespace {

tl::unexpected<Error> cancelled() { return fail(ErrorCode::cancelled, "the inference was cancelled"); }

}  // namespace

Result<void> LaneRequest::start(Done done) {
  if (Result<void> ready = idle_with(0, 1); !ready) return ready;
  if (Result<void> prepared = prepare(); !prepared) return prepared;
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

void LaneRequest::cancel() noexcept {
  MutexLock lock(mutex_);
  if (!in_flight_) return;
  cancelled_ = true;
  interrupt();
  lanes_.hurry(*this);  // if it still waits: a lane then only has to say so
}

void LaneRequest::wait_until_idle() {
  MutexLock lock(mutex_);
  while (in_flight_ || calling_ > 0) changed_.wait(lock);
}

Result<void> LaneRequest::idle_with(std::size_t port, std::size_t ports) {
  MutexLock lock(mutex_);
  if (in_flight_) return fail(ErrorCode::busy, "the request is in flight");
  if (port >= ports) return fail(ErrorCode::invalid_argument, fmt::format("the model has no port {}", port));
  return {};
}

Result<void> LaneRequest::takes(std::size_t port, const TensorView& data) {
  if (Result<void> ready = idle_with(port, info_.inputs.size()); !ready) return ready;
  const Port& wanted = info_.inputs[port];
  if (data.type() == wanted.type && data.shape() == wanted.shape) return {};
  return fail(ErrorCode::invalid_argument,
              fmt::format("input \"{}\" takes {} {}, not {} {}", wanted.name, to_string(wanted.type),
                          to_string(wanted.shape), to_string(data.type()), to_string(data.shape())));
}

bool LaneRequest::is_cancelled() {
  MutexLock lock(mutex_);
  return cancelled_;
}

tl::unexpected<Error> LaneRequest::failed(const std::string& why) const {
  return fail(ErrorCode::engine_failed, fmt::format("{}: {}", device_, why));
}

tl::unexpected<Error> LaneRequest::no_results(std::size_t port) const {
  return fail(ErrorCode::invalid_argument, fmt::format("output \"{}\" has no results yet", info_.outputs[port].name));
}

void LaneRequest::run() noexcept {
  Outcome outcome = is_cancelled() ? Outcome(cancelled()) : infer();
  // An inference that was interrupted fails in the library's words.
  if (!outcome && is_cancelled()) outcome = cancelled();
  complete(std::move(outcome));
}

void LaneRequest::complete(Outcome outcome) {
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

}  // namespace inflight
