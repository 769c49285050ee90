// What a BatchModel is made of: a caller's request, and a batch that runs.
#pragma once

#include <vector>

#include "batch_model.hpp"

namespace inflight {

/// A caller's request: inputs and outputs of one item. Its inputs are copied into the batch that takes it, its
/// outputs out of it, so that a batch can run again while callers still read.
class BatchRequest final : public InferRequest {
 public:
  explicit BatchRequest(std::shared_ptr<BatchModel> model);
  ~BatchRequest() override;

  Result<TensorView> input(std::size_t port) override;
  Result<void> set_input(std::size_t port, TensorView data) override;
  Result<void> start(Done done) override { return model_->start(*this, std::move(done)); }
  Result<TensorView> output(std::size_t port) override;
  void cancel() noexcept override { model_->cancel(*this); }

 private:
  friend class BatchModel;
  friend class BatchRun;
  enum class Phase : std::uint8_t { idle, pending, in_batch };

  bool is_busy();

  const std::shared_ptr<BatchModel> model_;
  std::vector<Tensor> inputs_;
  std::vector<TensorView> bound_;  // what the batch reads: inputs_, or the caller's own
  std::vector<Tensor> outputs_;
  Served served_;
  TimePoint started_;

  // Guarded by the model's mutex.
  BatchRequest* next_ = nullptr;
  Phase phase_ = Phase::idle;
  bool alone_ = false;      // its batch failed: it runs by itself, so that a bad one fails alone
  bool cancelled_ = false;  // while in a batch, which goes on for the others
  int calls_ = 0;           // of done_ that have not returned
  Done done_;
};

/// One request of the compiled batch, and who is in it.
class BatchRun {
 public:
  BatchRun(BatchModel& model, BatchSize& size, std::unique_ptr<InferRequest> request)
      : model_(model), size_(size), request_(std::move(request)) {
    members_.reserve(static_cast<std::size_t>(size.size));
  }

  /// Copies the members' inputs and starts. A failed start ends like a failed batch.
  void start();

 private:
  friend class BatchModel;
  Result<void> copy_inputs();
  Outcome copy_outputs(Outcome outcome);

  BatchModel& model_;
  BatchSize& size_;
  std::unique_ptr<InferRequest> request_;
  std::vector<BatchRequest*> members_;  // filled under the model's mutex, then this run's alone
};

}  // namespace inflight
