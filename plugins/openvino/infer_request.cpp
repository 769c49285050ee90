#include "infer_request.hpp"

#include <fmt/format.h>

#include <openvino/runtime/exception.hpp>

#include "convert.hpp"

namespace inflight::openvino {
namespace {

tl::unexpected<Error> busy() { return fail(ErrorCode::busy, "the request is in flight"); }

tl::unexpected<Error> no_port(std::size_t port) {
  return fail(ErrorCode::invalid_argument, "the model has no port " + std::to_string(port));
}

}  // namespace

OpenVinoRequest::OpenVinoRequest(ov::InferRequest request, std::string_view device, std::size_t inputs)
    : request_(std::move(request)), device_(device), set_aside_(inputs) {
  // Once, not per start: OpenVINO copies the function, which would allocate.
  request_.set_callback([this](std::exception_ptr error) { complete(error); });
}

OpenVinoRequest::~OpenVinoRequest() {
  try {
    request_.wait();
  } catch (const std::exception&) {
    // the outcome was given to `done`; here only the waiting counts
  }
}

Result<TensorView> OpenVinoRequest::input(std::size_t port) {
  if (busy_.load(std::memory_order_acquire)) return busy();
  if (port >= set_aside_.size()) return no_port(port);
  try {
    if (set_aside_[port]) request_.set_input_tensor(port, std::exchange(set_aside_[port], {}));
    return to_view(request_.get_input_tensor(port));
  } catch (const std::exception& error) {
    return fail(ErrorCode::invalid_argument, first_line(error));
  }
}

Result<void> OpenVinoRequest::set_input(std::size_t port, TensorView data) {
  if (busy_.load(std::memory_order_acquire)) return busy();
  if (port >= set_aside_.size()) return no_port(port);
  try {
    ov::Tensor before = request_.get_input_tensor(port);
    ov::Shape shape(data.shape().begin(), data.shape().end());
    request_.set_input_tensor(port, ov::Tensor(from_element_type(data.type()), shape, data.data()));
    if (!set_aside_[port]) set_aside_[port] = std::move(before);
    return {};
  } catch (const std::exception& error) {
    return fail(ErrorCode::invalid_argument, first_line(error));
  }
}

Result<void> OpenVinoRequest::start(Done done) {
  if (busy_.exchange(true, std::memory_order_acquire)) return busy();
  done_ = std::move(done);
  cancelled_.store(false, std::memory_order_relaxed);
  started_ = steady_clock().now();
  try {
    request_.start_async();
    return {};
  } catch (const std::exception& error) {
    done_.reset();
    busy_.store(false, std::memory_order_release);
    return fail(ErrorCode::engine_failed, first_line(error));
  }
}

Result<TensorView> OpenVinoRequest::output(std::size_t port) {
  if (busy_.load(std::memory_order_acquire)) return busy();
  try {
    return to_view(request_.get_output_tensor(port));
  } catch (const std::exception&) {
    return no_port(port);
  }
}

void OpenVinoRequest::cancel() noexcept {
  if (!busy_.load(std::memory_order_acquire)) return;
  cancelled_.store(true, std::memory_order_relaxed);
  try {
    request_.cancel();
  } catch (const std::exception&) {
    // a device without cancellation (NPU) goes on to the result, which `done` then gets
  }
}

namespace {

const char* to_text(ov::ProfilingInfo::Status status) {
  switch (status) {
    case ov::ProfilingInfo::Status::NOT_RUN:
      return "NOT_RUN";
    case ov::ProfilingInfo::Status::OPTIMIZED_OUT:
      return "OPTIMIZED_OUT";
    case ov::ProfilingInfo::Status::EXECUTED:
      return "EXECUTED";
  }
  return "";
}

}  // namespace

Result<std::vector<OperationTime>> OpenVinoRequest::operation_times() {
  if (busy_.load(std::memory_order_acquire)) return busy();
  try {
    std::vector<OperationTime> times;
    for (const ov::ProfilingInfo& info : request_.get_profiling_info())
      times.push_back(
          {info.node_name, info.node_type, info.exec_type, to_text(info.status), info.real_time, info.cpu_time});
    return times;
  } catch (const std::exception& error) {
    return fail(ErrorCode::invalid_argument, fmt::format("{}: {}", device_, first_line(error)));
  }
}

void OpenVinoRequest::complete(const std::exception_ptr& error) {
  Outcome result = outcome(error);
  Done done = std::move(done_);
  busy_.store(false, std::memory_order_release);  // before the call: `done` may start the request again
  done(std::move(result));
}

Outcome OpenVinoRequest::outcome(const std::exception_ptr& error) const {
  if (!error) return Served{device_, 1, steady_clock().now() - started_};
  if (cancelled_.load(std::memory_order_relaxed)) return fail(ErrorCode::cancelled, "the inference was cancelled");
  try {
    std::rethrow_exception(error);
  } catch (const ov::Cancelled&) {
    return fail(ErrorCode::cancelled, "the inference was cancelled");
  } catch (const std::exception& e) {
    return fail(ErrorCode::engine_failed, std::string(device_) + ": " + first_line(e));
  } catch (...) {
    return fail(ErrorCode::engine_failed, std::string(device_) + ": unknown error");
  }
}

}  // namespace inflight::openvino
