// Compiles the ladder of sizes for BATCH, or says why there can be none.
#include <fmt/format.h>

#include <algorithm>

#include "batch_model.hpp"
#include "batch_request.hpp"
#include "inflight/infer_queue.hpp"
#include "virtual_device.hpp"

namespace inflight {
namespace {

/// 1, 2, 4, … and the largest: a partial batch is padded to less than twice its size, for few compilations.
std::vector<int> ladder_sizes(int max_size) {
  std::vector<int> sizes;
  for (int size = 1; size < max_size; size *= 2) sizes.push_back(size);
  sizes.push_back(max_size);
  return sizes;
}

Error unbatchable(const ModelInfo& model, const std::string& why) {
  return {ErrorCode::model_unusable, fmt::format("{} cannot be batched: {}; use it without BATCH", model.name, why)};
}

/// Every port must have one item per request along its first dimension, or results could not be told apart.
Result<void> check_ports(const ModelInfo& single, const ModelInfo& batched, int size) {
  auto check = [&](const Port& one, const Port& many) -> Result<void> {
    Shape expected = one.shape;
    if (expected.rank() > 0) expected[0] = size;
    bool good = one.shape.rank() > 0 && one.shape[0] == 1 && many.shape == expected;
    if (good) return {};
    return fail(unbatchable(single, fmt::format("{} is {} for one request and {} for {}", one.name,
                                                to_string(one.shape), to_string(many.shape), size)));
  };
  for (std::size_t i = 0; i < single.inputs.size(); ++i)
    if (auto ok = check(single.inputs[i], batched.inputs[i]); !ok) return ok;
  for (std::size_t i = 0; i < single.outputs.size(); ++i)
    if (auto ok = check(single.outputs[i], batched.outputs[i]); !ok) return ok;
  return {};
}

Result<BatchSize> compile_size(const PoolCandidate& inner, CompileOptions options, int size) {
  options.batch = size;
  Result<std::shared_ptr<CompiledModel>> model = inner.compile(options);
  if (!model) return fail(std::move(model.error()));
  BatchSize compiled;
  compiled.size = size;
  compiled.model = std::move(*model);
  return compiled;
}

/// Items per second with all requests busy, over a fixed number of batches.
Result<double> measure(const BatchSize& size, const CompileOptions& options) {
  constexpr int kBatches = 12;
  Clock& clock = options.clock ? *options.clock : steady_clock();
  Result<InferQueue> queue =
      InferQueue::create(size.model, {0, StageOrder::any_order, Dispatch::engine_thread, &clock});
  if (!queue) return fail(std::move(queue.error()));
  auto run = [&](int batches) -> Result<void> {
    for (int i = 0; i < batches; ++i) {
      Result<InferQueue::Slot> slot = queue->acquire();
      if (!slot) return fail(std::move(slot.error()));
      if (auto ticket = std::move(*slot).submit([](Completed) {}); !ticket) return fail(std::move(ticket.error()));
    }
    queue->wait_all();
    return {};
  };
  if (auto warm = run(queue->stats().requests); !warm) return fail(std::move(warm.error()));
  TimePoint begin = clock.now();
  if (auto ran = run(kBatches); !ran) return fail(std::move(ran.error()));
  double seconds = std::max(1e-9, to_seconds(clock.now() - begin));
  return kBatches * size.size / seconds;
}

/// For a size that was not given: as long as doubling pays. A gain below this would not outweigh the waiting.
constexpr double kWorthwhile = 1.05;
constexpr int kLargestTried = 16;

class LadderBuilder {
 public:
  LadderBuilder(const PoolCandidate& inner, const CompileOptions& options) : inner_(inner), options_(options) {}

  Result<std::vector<BatchSize>> build() {
    int max_size = options_.batching.max_size;
    for (int size : ladder_sizes(max_size > 0 ? max_size : kLargestTried)) {
      Result<BatchSize> compiled = compile_size(inner_, options_, size);
      if (!compiled && ladder_.empty()) return fail(std::move(compiled.error()));
      const ModelInfo* single = ladder_.empty() ? nullptr : &ladder_.front().model->info();
      if (!compiled) return fail(unbatchable(*single, compiled.error().message));
      if (single)
        if (auto ok = check_ports(*single, compiled->model->info(), size); !ok) return fail(std::move(ok.error()));
      if (max_size == 0) {
        Result<bool> pays = still_pays(*compiled);
        if (!pays) return fail(std::move(pays.error()));
        if (!*pays) break;
      }
      ladder_.push_back(std::move(*compiled));
    }
    tell();
    return std::move(ladder_);
  }

 private:
  Result<bool> still_pays(const BatchSize& size) {
    Result<double> rate = measure(size, options_);
    if (!rate) return fail(std::move(rate.error()));
    bool pays = ladder_.empty() || *rate > kWorthwhile * best_rate_;
    if (pays) best_rate_ = *rate;
    return pays;
  }

  void tell() const {
    if (!options_.on_event) return;
    int size = ladder_.back().size;
    Clock& clock = options_.clock ? *options_.clock : steady_clock();
    std::string text = size > 1 ? fmt::format("batches of up to {}", size)
                                : "larger batches measured no faster, so every request runs by itself";
    std::optional<double> rate = best_rate_ > 0 ? std::optional(best_rate_) : std::nullopt;
    options_.on_event({clock.now(), "batching", inner_.device, text, rate});
  }

  const PoolCandidate& inner_;
  const CompileOptions& options_;
  std::vector<BatchSize> ladder_;
  double best_rate_ = 0;
};

}  // namespace

Result<std::shared_ptr<CompiledModel>> make_batch(PoolCandidate inner, const CompileOptions& options) {
  if (options.batching.max_size < 0) return fail(ErrorCode::invalid_argument, "the batch size must be at least 1");
  Result<std::vector<BatchSize>> ladder = LadderBuilder(inner, options).build();
  if (!ladder) return fail(std::move(ladder.error()));
  return BatchModel::create(std::move(*ladder), options);
}

}  // namespace inflight
