// What the tests of the queue share: a queue over a simulated model, on a virtual clock.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "inflight/infer_queue.hpp"

namespace inflight {

/// A CompiledModel that refuses to start the requests it is told to, as an engine out of memory does.
class RefusingModel final : public CompiledModel {
 public:
  RefusingModel(std::shared_ptr<CompiledModel> model, std::vector<int> refused)
      : model_(std::move(model)), refused_(std::move(refused)) {}

  const ModelInfo& info() const noexcept override { return model_->info(); }
  RuntimeInfo runtime() const override { return model_->runtime(); }
  int optimal_requests() const noexcept override { return model_->optimal_requests(); }
  Result<std::unique_ptr<InferRequest>> create_request() override {
    return std::make_unique<Request>(*this, model_->create_request().value());
  }

 private:
  class Request final : public InferRequest {
   public:
    Request(RefusingModel& model, std::unique_ptr<InferRequest> request)
        : model_(model), request_(std::move(request)) {}
    Result<TensorView> input(std::size_t port) override { return request_->input(port); }
    Result<void> set_input(std::size_t port, TensorView data) override { return request_->set_input(port, data); }
    Result<TensorView> output(std::size_t port) override { return request_->output(port); }
    void cancel() noexcept override { request_->cancel(); }
    Result<void> start(Done done) override {
      int number = model_.starts_++;
      for (int refused : model_.refused_)
        if (refused == number) return fail(ErrorCode::engine_failed, "start refused");
      return request_->start(std::move(done));
    }

   private:
    RefusingModel& model_;
    std::unique_ptr<InferRequest> request_;
  };

  const std::shared_ptr<CompiledModel> model_;
  const std::vector<int> refused_;
  std::atomic<int> starts_ = 0;
};

inline std::shared_ptr<CompiledModel> simulate(const std::string& description, Clock& clock) {
  CompileOptions options;
  options.clock = &clock;
  return compile_model("model", "sim:input=1x3x2x2,rows=1" + (description.empty() ? "" : "," + description), options)
      .value();
}

/// The rows that the simulated model makes of an input filled with `value`.
inline std::vector<float> rows_of(const TensorView& output) {
  std::span<float> rows = output.as<float>();
  return {rows.begin(), rows.end()};
}

inline void fill(InferQueue::Slot& slot, int value) {
  for (std::byte& b : slot.input(0)->as_bytes()) b = static_cast<std::byte>(value);
}

/// "ok", or the name of the error.
inline std::string name_of(const Outcome& outcome) { return outcome ? "ok" : to_string(outcome.error().code); }

}  // namespace inflight
