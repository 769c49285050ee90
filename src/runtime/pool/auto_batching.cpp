// BATCH by itself, where it measures as a gain.
#include <fmt/format.h>

#include <atomic>

#include "batch_ladder.hpp"
#include "batch_request.hpp"
#include "device_pool_model.hpp"

namespace inflight {
namespace {

constexpr std::string_view kPrefix = "BATCH:";
constexpr const char* kOneByOne = "; requests run one by one";

/// Asked for one device, nobody expects the events of two: what the pool tells becomes what was decided about batches.
/// Called one at a time.
class BatchingEvents {
 public:
  BatchingEvents(std::function<void(const DeviceEvent&)> tell, std::string device)
      : tell_(std::move(tell)), device_(std::move(device)) {}

  void operator()(const DeviceEvent& event) {
    if (std::optional<DeviceEvent> told = translate(event)) tell_(*told);
  }

 private:
  std::optional<DeviceEvent> translate(DeviceEvent event) {
    if (event.kind == "failed" && is_batch(event) && !compiled_) return unbatched(std::move(event));
    if (event.kind == "ready" && is_batch(event)) compiled_ = true;
    bool decided = (event.kind == "switched" || event.kind == "serving") && event.inferences_per_second;
    if (decided) event.kind = "batching";
    bool of_one_device = event.kind == "compiling" || event.kind == "ready" || event.kind == "serving";
    if (of_one_device && !is_batch(event)) return std::nullopt;
    return event;
  }

  DeviceEvent unbatched(DeviceEvent event) const { return {event.at, "batching", device_, event.text + kOneByOne, {}}; }

  static bool is_batch(const DeviceEvent& event) { return event.device.starts_with(kPrefix); }

  const std::function<void(const DeviceEvent&)> tell_;
  const std::string device_;
  bool compiled_ = false;
};

using Compiled = Result<std::shared_ptr<CompiledModel>>;

/// BATCH over a device that is in use already. Compiling ends after the size it is at once `given_up`.
struct Gathering {
  PoolCandidate inner;
  std::shared_ptr<CompiledModel> plain;
  std::shared_ptr<std::atomic<bool>> given_up;

  Compiled operator()(const CompileOptions& options) const {
    PoolCandidate sizes{inner.device, [this](const CompileOptions& o) { return compile_size(o); }};
    CompileOptions quiet = options;
    quiet.on_event = {};  // the size it finds is told with the decision
    Result<BatchLadder> ladder = build_ladder(sizes, quiet);
    if (!ladder) return fail(std::move(ladder.error()));
    if (ladder->sizes.back().size > 1) return BatchModel::create(std::move(ladder->sizes), options);
    if (!ladder->problem.empty()) return fail(ErrorCode::device_unusable, ladder->problem);
    return fail(ErrorCode::device_unusable,
                fmt::format("batches of 2 measured {:.1f} inferences/s, single requests {:.1f}", ladder->speed_of_next,
                            ladder->speed));
  }

  Compiled compile_size(const CompileOptions& options) const {
    if (given_up->load()) return fail(ErrorCode::cancelled, "the model is no longer used");
    if (options.batch == 1) return plain;  // what serves already need not be compiled and held twice
    return inner.compile(options);
  }
};

/// The pool, and the way to hurry its end.
class AutoBatchingModel final : public CompiledModel {
 public:
  AutoBatchingModel(std::shared_ptr<CompiledModel> pool, std::shared_ptr<std::atomic<bool>> given_up)
      : pool_(std::move(pool)), given_up_(std::move(given_up)) {}
  ~AutoBatchingModel() override { given_up_->store(true); }
  AutoBatchingModel(const AutoBatchingModel&) = delete;
  AutoBatchingModel& operator=(const AutoBatchingModel&) = delete;

  const ModelInfo& info() const noexcept override { return pool_->info(); }
  RuntimeInfo runtime() const override { return pool_->runtime(); }
  int optimal_requests() const noexcept override { return pool_->optimal_requests(); }
  Result<std::unique_ptr<InferRequest>> create_request() override { return pool_->create_request(); }
  void flush() noexcept override { pool_->flush(); }

 private:
  const std::shared_ptr<CompiledModel> pool_;
  const std::shared_ptr<std::atomic<bool>> given_up_;
};

}  // namespace

std::shared_ptr<CompiledModel> batch_if_faster(PoolCandidate inner, std::shared_ptr<CompiledModel> plain,
                                               const CompileOptions& options) {
  Clock& clock = options.clock ? *options.clock : steady_clock();
  auto stay = [&](const Error& why) {
    if (options.on_event) options.on_event({clock.now(), "batching", inner.device, why.message + kOneByOne, {}});
    return plain;
  };
  if (Result<void> can = check_batchable(plain->info()); !can) return stay(can.error());

  CompileOptions pool_options = options;
  if (options.on_event) pool_options.on_event = BatchingEvents(options.on_event, inner.device);
  auto given_up = std::make_shared<std::atomic<bool>>(false);
  std::string device = inner.device;
  PoolCandidate serving{device, [plain](const CompileOptions&) -> Compiled { return plain; }};
  PoolCandidate gathering{std::string(kPrefix) + device, Gathering{std::move(inner), plain, given_up}, true};
  PoolPolicy policy{"batching", true, choose_one, true};
  Compiled pool = make_pool({std::move(serving), std::move(gathering)}, pool_options, policy);
  if (!pool) return stay(pool.error());
  return std::make_shared<AutoBatchingModel>(std::move(*pool), std::move(given_up));
}

}  // namespace inflight
