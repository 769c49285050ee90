// A request whose tensors are in memory that the process of its model sees too.
#pragma once

#include <vector>

#include "process_model.hpp"

namespace inflight {

class ProcessRequest final : public InferRequest {
 public:
  ProcessRequest(ProcessModel& model, std::uint32_t number, SharedTensors tensors);
  ~ProcessRequest() override;

  Result<TensorView> input(std::size_t port) override;
  /// Copied when the request is started: memory of the caller is not there for another process.
  Result<void> set_input(std::size_t port, TensorView data) override;
  Result<void> start(Done done) override;
  Result<TensorView> output(std::size_t port) override;
  void cancel() noexcept override { model_.cancel(*this); }

 private:
  friend class ProcessModel;
  /// idle ─► waiting (for a process) ─► running ─► idle; or waiting ─► ending (cancelled, and not answered yet) ─► idle
  enum class Phase : std::uint8_t { idle, waiting, running, ending };

  ProcessModel& model_;  // which outlives its requests
  const std::uint32_t number_;
  const SharedTensors tensors_;
  std::vector<TensorView> inputs_;  // what is read: tensors_, or the caller's own

  // Guarded by the model's mutex.
  Phase phase_ = Phase::idle;
  std::uint64_t run_ = 0;
  bool cancelled_ = false;
  int calls_ = 0;  // of done_ that have not returned
  TimePoint started_;
  // While it runs, in the time of the model's clock.
  TimePoint sent_, cancelled_at_;
  int ahead_ = 0;  // inferences that the process had to do before
  Done done_;
};

}  // namespace inflight
