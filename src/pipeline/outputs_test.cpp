// What the postprocessor is given of a model's outputs.
#include <set>

#include "pipeline_test_kit.hpp"

namespace inflight::test {
namespace {

/// A device over another whose first output stands for `count` of them.
class ManyOutputs final : public CompiledModel {
 public:
  ManyOutputs(std::shared_ptr<CompiledModel> inner, std::size_t count)
      : inner_(std::move(inner)), info_(inner_->info()) {
    info_.outputs.resize(count, info_.outputs.front());
  }
  const ModelInfo& info() const noexcept override { return info_; }
  RuntimeInfo runtime() const override { return inner_->runtime(); }
  int optimal_requests() const noexcept override { return inner_->optimal_requests(); }
  Result<std::unique_ptr<InferRequest>> create_request() override {
    return std::make_unique<Request>(inner_->create_request().value());
  }

 private:
  class Request final : public InferRequest {
   public:
    explicit Request(std::unique_ptr<InferRequest> inner) : inner_(std::move(inner)) {}
    Result<TensorView> input(std::size_t port) override { return inner_->input(port); }
    Result<void> set_input(std::size_t port, TensorView data) override { return inner_->set_input(port, data); }
    Result<TensorView> output(std::size_t) override { return inner_->output(0); }
    void cancel() noexcept override { inner_->cancel(); }
    Result<void> start(Done done) override { return inner_->start(std::move(done)); }

   private:
    std::unique_ptr<InferRequest> inner_;
  };

  std::shared_ptr<CompiledModel> inner_;
  ModelInfo info_;
};

class OutputCounter final : public Postprocessor {
 public:
  explicit OutputCounter(std::set<std::size_t>& counts) : counts_(counts) {}
  Result<void> run(std::span<const TensorView> outputs, const SourceTransform&,
                   std::vector<Detection>&) const override {
    counts_.insert(outputs.size());
    return {};
  }

 private:
  std::set<std::size_t>& counts_;
};

TEST(Outputs, AreAllGivenHoweverManyThereAre) {
  for (Api api : {Api::sync, Api::async}) {
    Simulation simulation;
    std::set<std::size_t> counts;
    simulation.detector.model = std::make_shared<ManyOutputs>(simulation.detector.model, 40);
    simulation.detector.postprocessor = std::make_shared<OutputCounter>(counts);
    Pipeline pipeline(simulation.detector, simulation.with(api));
    pipeline.add_source(synthetic(10));
    EXPECT_EQ(finish_run(pipeline).frames.emitted, 10U);
    EXPECT_EQ(counts, std::set<std::size_t>{40});
  }
}

}  // namespace
}  // namespace inflight::test
