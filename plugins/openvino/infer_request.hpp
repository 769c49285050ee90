#pragma once

#include <openvino/openvino.hpp>
#include <vector>

#include "inflight/engine.hpp"

namespace inflight::openvino {

/// Callbacks run on OpenVINO's threads. OpenVINO marks a request idle before it calls back and lets wait()
/// return after the callback has, so `done` may start the request again and the destructor need only wait.
/// It takes the callback out of the request while that runs; a second completion meanwhile would find none. That
/// cannot be, since one thread runs all callbacks of a compiled model (seen on its CPU device, with any streams).
class OpenVinoRequest final : public InferRequest {
 public:
  /// `device` must outlive the request.
  OpenVinoRequest(ov::InferRequest request, std::string_view device, std::size_t inputs);
  ~OpenVinoRequest() override;

  Result<TensorView> input(std::size_t port) override;
  Result<void> set_input(std::size_t port, TensorView data) override;
  Result<void> start(Done done) override;
  Result<TensorView> output(std::size_t port) override;
  void cancel() noexcept override;
  Result<std::vector<OperationTime>> operation_times() override;

 private:
  void complete(const std::exception_ptr& error);
  Outcome outcome(const std::exception_ptr& error) const;

  ov::InferRequest request_;
  const std::string_view device_;
  std::vector<ov::Tensor> set_aside_;  // per input: its own memory, while set_input() has put another in its place
  Done done_;                          // handed between threads by busy_
  TimePoint started_;
  std::atomic<bool> busy_ = false;
  std::atomic<bool> cancelled_ = false;
};

}  // namespace inflight::openvino
