#include "sim_engine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <random>

#include "mutex.hpp"
#include "sim_description.hpp"
#include "wait.hpp"

namespace inflight {
namespace {

class SimRequest;

/// What the lanes have to do. A request that is started waits here until a lane is free, in order.
class SimModel final : public CompiledModel, public std::enable_shared_from_this<SimModel> {
 public:
  SimModel(SimDescription sim, std::string model, Clock& clock)
      : sim_(std::move(sim)), clock_(clock), device_("sim:" + sim_.name), random_(sim_.seed), free_lanes_(sim_.lanes) {
    info_.name = std::move(model);
    info_.inputs = {sim_.input};
    info_.outputs = {sim_.output};
  }

  const ModelInfo& info() const noexcept override { return info_; }
  RuntimeInfo runtime() const override { return {"sim", device_, "f32", sim_.lanes}; }
  int optimal_requests() const noexcept override { return 2 * sim_.lanes; }
  Result<std::unique_ptr<InferRequest>> create_request() override;

  Clock& clock() const noexcept { return clock_; }
  std::string_view device() const noexcept { return device_; }

  void submit(SimRequest& request) INFLIGHT_EXCLUDES(mutex_);
  /// Takes `request` out if its inference has not ended yet; its completion is then the caller's to deliver.
  bool withdraw(SimRequest& request) INFLIGHT_EXCLUDES(mutex_);
  /// The lane that ran `request` is free again. Whether the script lets this inference fail.
  bool finish(SimRequest& request) INFLIGHT_EXCLUDES(mutex_);

 private:
  void begin(SimRequest& request) INFLIGHT_REQUIRES(mutex_);
  void begin_next() INFLIGHT_REQUIRES(mutex_);
  bool draw_failure() INFLIGHT_REQUIRES(mutex_);
  Duration draw_latency() INFLIGHT_REQUIRES(mutex_);

  const SimDescription sim_;
  Clock& clock_;
  const std::string device_;
  ModelInfo info_;

  Mutex mutex_;
  std::mt19937_64 random_ INFLIGHT_GUARDED_BY(mutex_);
  int free_lanes_ INFLIGHT_GUARDED_BY(mutex_);
  std::uint64_t begun_ INFLIGHT_GUARDED_BY(mutex_) = 0;
  SimRequest* first_ INFLIGHT_GUARDED_BY(mutex_) = nullptr;  // waiting for a lane; linked through next_
  SimRequest* last_ INFLIGHT_GUARDED_BY(mutex_) = nullptr;
};

/// Fills SSD rows from a hash of the input (FNV-1a over 8-byte words, then splitmix64 per number).
void fill_output(std::span<const std::byte> input, std::span<float> rows) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (std::size_t i = 0; i < input.size(); i += sizeof hash) {
    std::uint64_t word = 0;
    std::memcpy(&word, &input[i], std::min(sizeof word, input.size() - i));
    hash = (hash ^ word) * 0x100000001b3;
  }
  auto next = [&hash] {
    std::uint64_t z = (hash += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return static_cast<float>((z ^ (z >> 31)) >> 40) / static_cast<float>(1 << 24);  // 0 ≤ x < 1
  };
  for (std::size_t i = 0; i + 7 <= rows.size(); i += 7) {
    float left = next() * 0.8F;
    float top = next() * 0.8F;
    const float row[7] = {0, 0, next(), left, top, left + 0.1F + next() * 0.1F, top + 0.1F + next() * 0.1F};
    std::copy_n(row, 7, &rows[i]);
  }
}

class SimRequest final : public InferRequest {
 public:
  SimRequest(SimModel& model, const Port& input, const Port& output)
      : model_(model), input_(input.type, input.shape), output_(output.type, output.shape), bound_(input_.view()) {}

  ~SimRequest() override {
    cancel();
    MutexLock lock(mutex_);
    while (busy_ || calls_ > 0) idle_.wait(lock);
  }

  Result<TensorView> input(std::size_t port) override {
    if (port != 0) return fail(ErrorCode::invalid_argument, "the simulated model has one input, 0");
    MutexLock lock(mutex_);
    if (busy_) return fail(ErrorCode::busy, "the request is in flight");
    bound_ = input_.view();
    return bound_;
  }

  Result<void> set_input(std::size_t port, TensorView data) override {
    if (port != 0 || data.type() != input_.view().type() || data.shape() != input_.view().shape())
      return fail(ErrorCode::invalid_argument, "the tensor does not match the simulated model's input");
    MutexLock lock(mutex_);
    if (busy_) return fail(ErrorCode::busy, "the request is in flight");
    bound_ = data;
    return {};
  }

  Result<void> start(Done done) override {
    {
      MutexLock lock(mutex_);
      if (busy_) return fail(ErrorCode::busy, "the request is in flight");
      busy_ = true;
      done_ = std::move(done);
    }
    started_ = model_.clock().now();
    model_.submit(*this);
    return {};
  }

  Result<TensorView> output(std::size_t port) override {
    if (port != 0) return fail(ErrorCode::invalid_argument, "the simulated model has one output, 0");
    MutexLock lock(mutex_);
    if (busy_) return fail(ErrorCode::busy, "the request is in flight");
    return output_.view();
  }

  void cancel() noexcept override {
    if (!model_.withdraw(*this)) return;
    // Answered on the clock's thread, as every completion is.
    model_.clock().call_at(model_.clock().now(),
                           [this] { complete(fail(ErrorCode::cancelled, "the inference was cancelled")); });
  }

  /// Runs on the clock's thread when the latency has passed.
  void expire() {
    if (model_.finish(*this)) return complete(fail(ErrorCode::engine_failed, "the simulated inference failed"));
    fill_outputs();
    complete(Served{model_.device(), 1, model_.clock().now() - started_});
  }

  // Guarded by the model's mutex.
  SimRequest* next_ = nullptr;
  TimerId timer_ = 0;     // of the lane that runs it
  bool waiting_ = false;  // for a lane
  bool fails_ = false;

 private:
  /// Each item of a batch by itself, so that batching changes no result.
  void fill_outputs() {
    std::size_t items = static_cast<std::size_t>(output_.view().shape()[0]);
    std::span<std::byte> input = bound_.as_bytes();
    std::span<float> rows = output_.view().as<float>();
    for (std::size_t i = 0; i < items; ++i) {
      fill_output(input.subspan(i * (input.size() / items), input.size() / items),
                  rows.subspan(i * (rows.size() / items), rows.size() / items));
    }
  }

  void complete(Outcome outcome) {
    Done done;
    {
      MutexLock lock(mutex_);
      done = std::move(done_);
      busy_ = false;  // before the call: `done` may start the request again
      ++calls_;
    }
    done(std::move(outcome));
    done.reset();  // what it holds on to goes before the destructor lets its caller go on
    MutexLock lock(mutex_);
    --calls_;
    idle_.notify_all();
  }

  SimModel& model_;
  const Tensor input_;
  const Tensor output_;
  TensorView bound_;
  TimePoint started_;

  Mutex mutex_;
  CondVar idle_;
  bool busy_ INFLIGHT_GUARDED_BY(mutex_) = false;
  int calls_ INFLIGHT_GUARDED_BY(mutex_) = 0;  // of done_ that have not returned; it may start the request again
  Done done_ INFLIGHT_GUARDED_BY(mutex_);
};

Result<std::unique_ptr<InferRequest>> SimModel::create_request() {
  return std::make_unique<SimRequest>(*this, sim_.input, sim_.output);
}

void SimModel::submit(SimRequest& request) {
  MutexLock lock(mutex_);
  if (free_lanes_ > 0) {
    --free_lanes_;
    return begin(request);
  }
  request.waiting_ = true;
  request.next_ = nullptr;
  (last_ ? last_->next_ : first_) = &request;
  last_ = &request;
}

void SimModel::begin(SimRequest& request) {
  request.waiting_ = false;
  request.fails_ = draw_failure();
  request.timer_ = clock_.call_at(clock_.now() + draw_latency(), [&request] { request.expire(); });
}

void SimModel::begin_next() {
  if (!first_) {
    ++free_lanes_;
    return;
  }
  SimRequest& request = *first_;
  first_ = request.next_;
  if (!first_) last_ = nullptr;
  begin(request);
}

bool SimModel::withdraw(SimRequest& request) {
  MutexLock lock(mutex_);
  if (request.waiting_) {
    SimRequest* before = nullptr;
    for (SimRequest* r = first_; r != &request; r = r->next_) before = r;
    (before ? before->next_ : first_) = request.next_;
    if (last_ == &request) last_ = before;
    request.waiting_ = false;
    return true;
  }
  if (!clock_.cancel(request.timer_)) return false;
  request.timer_ = 0;
  begin_next();
  return true;
}

bool SimModel::finish(SimRequest& request) {
  MutexLock lock(mutex_);
  request.timer_ = 0;
  bool fails = request.fails_;
  begin_next();
  return fails;
}

bool SimModel::draw_failure() {
  std::uint64_t number = begun_;
  bool dead = sim_.die_at != 0 && number >= sim_.die_at && (sim_.revive_at == 0 || number < sim_.revive_at);
  bool listed = std::find(sim_.fail.begin(), sim_.fail.end(), number) != sim_.fail.end();
  bool drawn = sim_.fail_rate > 0 && std::bernoulli_distribution(sim_.fail_rate)(random_);
  return dead || listed || drawn;
}

Duration SimModel::draw_latency() {
  Duration latency = sim_.latency_low;
  if (sim_.latency_high > sim_.latency_low) {
    std::uniform_int_distribution<Duration::rep> draw(sim_.latency_low.count(), sim_.latency_high.count());
    latency = Duration(draw(random_));
  }
  return latency + sim_.per_item * (sim_.output.shape[0] - 1) + (begun_++ == 0 ? sim_.first : Duration{0});
}

class SimEngine final : public Engine {
 public:
  std::string_view name() const noexcept override { return "sim"; }
  std::string version() const override { return "built in"; }
  std::vector<DeviceInfo> devices() const override {
    return {{"latency=5ms,lanes=2", "simulated device; describe your own", {}}};
  }

  Result<ModelInfo> read_model(const std::filesystem::path& model) override {
    return fail(ErrorCode::model_unusable, model.string() + ": a simulated engine reads no model files");
  }

  Result<std::shared_ptr<CompiledModel>> compile(const std::filesystem::path& model, const std::string& device,
                                                 const CompileOptions& options) override {
    Result<SimDescription> sim = parse_sim_description(device);
    if (!sim) return fail(std::move(sim.error()));
    for (const auto& [name, shape] : options.shapes)
      if (shape != sim->input.shape)
        return fail(ErrorCode::invalid_argument,
                    fmt::format("sim:{}: the shape of its input is {}; describe another as "
                                "input=…",
                                device, to_string(sim->input.shape)));
    if (options.batch > 0) sim->input.shape[0] = sim->output.shape[0] = options.batch;
    if (!is_bearable(sim->input.shape) || !is_bearable(sim->output.shape))
      return fail(ErrorCode::invalid_argument, "sim:" + device + ": batch and rows make too large a tensor");
    Clock& clock = options.clock ? *options.clock : steady_clock();
    if (sim->load > Duration{0}) wait_until(clock, clock.now() + sim->load);
    if (sim->load_fails) return fail(ErrorCode::device_unusable, "sim:" + device + ": scripted to fail to load");
    return std::make_shared<SimModel>(std::move(*sim), model.filename().string(), clock);
  }
};

}  // namespace

std::shared_ptr<Engine> make_sim_engine() { return std::make_shared<SimEngine>(); }

}  // namespace inflight
