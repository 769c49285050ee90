#include "batch_ladder.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "batch_request.hpp"
#include "busy_speed.hpp"

namespace inflight {
namespace {

/// 1, 2, 4, … and the largest: a partial batch is padded to less than twice its size, for few compilations.
std::vector<int> ladder_sizes(int max_size) {
  std::vector<int> sizes;
  for (int size = 1; size < max_size; size *= 2) sizes.push_back(size);
  sizes.push_back(max_size);
  return sizes;
}

constexpr std::string_view kCannotBeBatched = "cannot be batched";

Error unbatchable(const ModelInfo& model, const std::string& why) {
  return {ErrorCode::model_unusable, fmt::format("{} {}: {}", model.name, kCannotBeBatched, why)};
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

/// For a size that was not given: as long as doubling pays. A gain below this would not outweigh the waiting.
constexpr double kWorthwhile = 1.05;
constexpr int kLargestTried = 16;
constexpr int kBatches = 12;  // measured of each size

class LadderBuilder {
 public:
  LadderBuilder(const PoolCandidate& inner, const CompileOptions& options) : inner_(inner), options_(options) {}

  Result<BatchLadder> build() {
    for (int size : ladder_sizes(largest())) {
      Result<BatchSize> compiled = compile(size);
      if (!compiled) return fail(std::move(compiled.error()));
      bool given = options_.batching.max_size > 0, measured = given || measure(*compiled);
      bool pays = given || ladder_.sizes.empty() || (measured && still_pays());
      if (pays) ladder_.sizes.push_back(std::move(*compiled));
      if (!pays || !measured) break;
    }
    return std::move(ladder_);
  }

 private:
  int largest() const {
    if (options_.batching.max_size > 0) return options_.batching.max_size;
    return options_.requests > 0 ? std::min(options_.requests, kLargestTried) : kLargestTried;
  }

  Result<BatchSize> compile(int size) {
    Result<BatchSize> compiled = compile_size(inner_, options_, size);
    if (ladder_.sizes.empty()) return compiled;
    const ModelInfo& single = ladder_.sizes.front().model->info();
    if (!compiled) return fail(unbatchable(single, compiled.error().message));
    if (auto ok = check_ports(single, compiled->model->info(), size); !ok) return fail(std::move(ok.error()));
    return compiled;
  }

  /// One failure may be chance. A device that fails on is not to be gathered for; that its inferences fail is for those
  /// to tell who ask for them.
  bool measure(const BatchSize& size) {
    Clock& clock = options_.clock ? *options_.clock : steady_clock();
    Result<double> batches = measure_busy_speed(*size.model, clock, kBatches);
    if (!batches) batches = measure_busy_speed(*size.model, clock, kBatches);
    if (!batches) return ladder_.problem = batches.error().message, false;
    speed_ = *batches * size.size;
    if (ladder_.sizes.empty()) ladder_.speed = speed_;
    return true;
  }

  bool still_pays() {
    bool pays = speed_ > kWorthwhile * ladder_.speed;
    (pays ? ladder_.speed : ladder_.speed_of_next) = speed_;
    return pays;
  }

  double speed_ = 0;  // of the size that was measured last
  const PoolCandidate& inner_;
  const CompileOptions& options_;
  BatchLadder ladder_;
};

Error with_remedy(Error error) {
  if (error.message.find(kCannotBeBatched) != std::string::npos) error.message += "; use it without BATCH";
  return error;
}

void tell(const PoolCandidate& inner, const BatchLadder& ladder, const CompileOptions& options) {
  if (!options.on_event) return;
  int size = ladder.sizes.back().size;
  Clock& clock = options.clock ? *options.clock : steady_clock();
  std::string larger = ladder.problem.empty()
                           ? "larger batches measured no faster"
                           : fmt::format("larger batches could not be measured ({})", ladder.problem);
  std::string text = size > 1 ? fmt::format("batches of up to {}", size) : larger + ", so every request runs by itself";
  std::optional<double> speed = ladder.speed > 0 ? std::optional(ladder.speed) : std::nullopt;
  options.on_event({clock.now(), "batching", inner.device, text, speed});
}

}  // namespace

Result<void> check_batchable(const ModelInfo& model) {
  for (const std::vector<Port>* ports : {&model.inputs, &model.outputs})
    for (const Port& port : *ports)
      if (port.shape.rank() == 0 || port.shape[0] != 1 || !port.shape.is_static())
        return fail(unbatchable(model, fmt::format("{} is {}, without a first dimension of 1 for the batch to take",
                                                   port.name, to_string(port.shape))));
  return {};
}

Result<BatchLadder> build_ladder(const PoolCandidate& inner, const CompileOptions& options) {
  return LadderBuilder(inner, options).build();
}

Result<std::shared_ptr<CompiledModel>> make_batch(PoolCandidate inner, const CompileOptions& options) {
  if (options.batching.max_size < 0) return fail(ErrorCode::invalid_argument, "the batch size must be at least 1");
  Result<BatchLadder> ladder = build_ladder(inner, options);
  if (!ladder) return fail(with_remedy(std::move(ladder.error())));
  tell(inner, *ladder, options);
  return BatchModel::create(std::move(ladder->sizes), options);
}

}  // namespace inflight
