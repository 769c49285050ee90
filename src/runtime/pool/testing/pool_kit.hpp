// What the tests of AUTO and MULTI share: simulated devices whose compiling is let go by the test, and which tell
// when something starts on them.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "inflight/infer_queue.hpp"
#include "testing/sim_queue.hpp"
#include "virtual_device.hpp"

namespace inflight {

/// What a device of a test has been through. Thread-safe.
class DeviceSpy {
 public:
  void compiling(TimePoint at) {
    std::lock_guard lock(mutex_);
    compiled_at_ = at;
    ++compiles_;
    changed_.notify_all();
  }
  void starting(const std::byte* input) {
    std::lock_guard lock(mutex_);
    ++starts_;
    last_input_ = input;
    changed_.notify_all();
  }
  /// Blocks until so many inferences have been started on the device, probes among them.
  void wait_for_starts(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return starts_ >= count; });
  }
  void wait_for_compile() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return compiles_ > 0; });
  }
  /// Compiling waits for this where the device was made `held_back`.
  void let_go() {
    std::lock_guard lock(mutex_);
    held_back_ = false;
    changed_.notify_all();
  }
  void hold_back() { held_back_ = true; }
  void thread_is_over() {
    std::lock_guard lock(mutex_);
    thread_is_over_ = true;
    changed_.notify_all();
  }
  void answered() {
    std::lock_guard lock(mutex_);
    has_result_ = true;
  }
  /// Until the thread that compiled for the device has done all it does.
  void wait_for_thread() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return thread_is_over_; });
  }
  void wait_until_let_go() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !held_back_; });
  }
  bool has_result() const { return (std::lock_guard(mutex_), has_result_); }
  int starts() const { return (std::lock_guard(mutex_), starts_); }
  int compiles() const { return (std::lock_guard(mutex_), compiles_); }
  TimePoint compiled_at() const { return (std::lock_guard(mutex_), compiled_at_); }
  const std::byte* last_input() const { return (std::lock_guard(mutex_), last_input_); }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool held_back_ = false;
  bool thread_is_over_ = false;
  bool has_result_ = false;
  int starts_ = 0;
  int compiles_ = 0;
  TimePoint compiled_at_;
  const std::byte* last_input_ = nullptr;
};

/// Tells a spy when this thread ends.
struct ThreadEnd {
  DeviceSpy* spy = nullptr;
  ~ThreadEnd() {
    if (spy) spy->thread_is_over();
  }
};

/// A CompiledModel that tells a spy what is started.
class SpiedModel final : public CompiledModel {
 public:
  SpiedModel(std::shared_ptr<CompiledModel> model, DeviceSpy& spy) : model_(std::move(model)), spy_(spy) {}
  const ModelInfo& info() const noexcept override { return model_->info(); }
  RuntimeInfo runtime() const override { return model_->runtime(); }
  int optimal_requests() const noexcept override { return model_->optimal_requests(); }
  Result<std::unique_ptr<InferRequest>> create_request() override {
    return std::make_unique<Request>(model_->create_request().value(), spy_);
  }

 private:
  class Request final : public InferRequest {
   public:
    Request(std::unique_ptr<InferRequest> request, DeviceSpy& spy) : request_(std::move(request)), spy_(spy) {}
    Result<TensorView> input(std::size_t port) override { return note(request_->input(port)); }
    Result<void> set_input(std::size_t port, TensorView data) override {
      note(data);
      return request_->set_input(port, data);
    }
    Result<TensorView> output(std::size_t port) override { return request_->output(port); }
    void cancel() noexcept override { request_->cancel(); }
    Result<void> start(Done done) override {
      const std::byte* input = input_;  // once it is started, another thread may have it already
      done_ = std::move(done);
      Result<void> started = request_->start([this](Outcome outcome) { ended(std::move(outcome)); });
      spy_.starting(input);
      return started;
    }

   private:
    void ended(Outcome outcome) {
      if (outcome) spy_.answered();
      Done done = std::move(done_);
      done(std::move(outcome));
    }
    Result<TensorView> note(Result<TensorView> data) {
      if (data) input_ = data->data();
      return data;
    }
    std::unique_ptr<InferRequest> request_;
    DeviceSpy& spy_;
    const std::byte* input_ = nullptr;
    Done done_;
  };

  const std::shared_ptr<CompiledModel> model_;
  DeviceSpy& spy_;
};

/// Keeps events, and lets tests wait for one. Thread-safe.
class EventRecorder {
 public:
  void operator()(const DeviceEvent& event) {
    std::lock_guard lock(mutex_);
    events_.push_back(event);
    changed_.notify_all();
  }
  std::vector<DeviceEvent> all() const { return (std::lock_guard(mutex_), events_); }
  /// "kind device" of each.
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const DeviceEvent& event : all()) names.push_back(event.kind + " " + event.device);
    return names;
  }
  void clear() {
    std::lock_guard lock(mutex_);
    events_.clear();
  }
  /// The kinds of one device's events.
  std::vector<std::string> names_of(const std::string& device) const {
    std::vector<std::string> kinds;
    for (const DeviceEvent& event : all())
      if (event.device == device) kinds.push_back(event.kind);
    return kinds;
  }
  int count(const std::string& name) const {
    int count = 0;
    for (const std::string& other : names()) count += other == name;
    return count;
  }
  /// Of one device, or of all.
  DeviceEvent last(const std::string& kind, const std::string& device = "") const {
    DeviceEvent found;
    for (const DeviceEvent& event : all())
      if (event.kind == kind && (device.empty() || event.device == device)) found = event;
    return found;
  }
  /// Events come in order, but on whichever thread delivers just then: a test asks for what it counts on.
  void wait_for(const std::string& name, int times = 1) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] {
      auto is_it = [&](const DeviceEvent& event) { return event.kind + " " + event.device == name; };
      return std::ranges::count_if(events_, is_it) >= times;
    });
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<DeviceEvent> events_;
};

/// Devices by name ("a", "b", …), on a clock that this thread moves unless a test has it driven.
class PoolTest : public testing::Test {
 protected:
  using Make = Result<std::shared_ptr<CompiledModel>> (*)(std::vector<PoolCandidate>, const CompileOptions&);
  explicit PoolTest(Make make_pool) : make_(make_pool) {}
  ~PoolTest() override { finish(); }

  PoolCandidate device(const std::string& name, const std::string& description) {
    DeviceSpy& spy = spies[name];
    auto compile = [&spy, description](const CompileOptions& o) -> Result<std::shared_ptr<CompiledModel>> {
      thread_local ThreadEnd end;
      end.spy = &spy;
      spy.compiling(o.clock->now());
      spy.wait_until_let_go();
      auto compiled = compile_model("model", description_of(description), o);
      if (!compiled) return compiled;
      return std::make_shared<SpiedModel>(*compiled, spy);
    };
    return {name, compile};
  }
  /// One that compiles when spies[name].let_go() says so.
  PoolCandidate late_device(const std::string& name, const std::string& description) {
    PoolCandidate candidate = device(name, description);
    spies[name].hold_back();
    return candidate;
  }

  void make(std::vector<PoolCandidate> candidates) { make(std::move(candidates), with_events()); }
  void make(std::vector<PoolCandidate> candidates, const CompileOptions& options) {
    model = make_(std::move(candidates), options).value();
  }
  void bring_up(const std::string& name) {
    spies[name].let_go();
    events.wait_for("ready " + name);
    settle();
  }
  /// From here on all happens on the clock's thread, which is this one. What compiles prepares measurements when
  /// the first result is there, and no earlier: before that its thread is not waited for.
  void settle() {
    if (std::ranges::none_of(spies, [](const auto& named) { return named.second.has_result(); })) return;
    for (auto& [name, spy] : spies)
      if (events.count("ready " + name) > 0) spy.wait_for_thread();
  }
  /// The same, until the device's own inferences have begun.
  void bring_up_and_probe(const std::string& name) {
    int before = spies[name].starts();
    bring_up(name);
    spies[name].wait_for_starts(before + 1);
  }

  /// Moves time until that has happened, also where other threads have to get on first.
  void advance_until(const std::string& event) {
    while (events.count(event) == 0) {
      clock.advance(std::chrono::milliseconds(1));
      std::this_thread::yield();
    }
  }

  CompileOptions with_events() {
    CompileOptions options;
    options.clock = &clock;
    options.on_event = [this](const DeviceEvent& event) { events(event); };
    return options;
  }

  /// One inference from start to end, moving time until it is over.
  Outcome infer(InferRequest& request) {
    std::optional<Outcome> outcome;
    EXPECT_TRUE(request.start([&](Outcome o) { outcome = std::move(o); }));
    while (!outcome && clock.advance_to_next()) {
    }
    if (!driver) settle();
    return outcome ? std::move(*outcome) : fail(ErrorCode::internal, "never ended");
  }

  InferRequest& request() {
    if (requests.empty()) requests.push_back(model->create_request().value());
    return *requests.front();
  }
  std::string served_by(InferRequest& one) {
    Outcome outcome = infer(one);
    return outcome ? std::string(outcome->device) : outcome.error().message;
  }

  void let_time_go_on() { driver = clock.drive(); }
  /// Time goes on meanwhile: a model that is destroyed waits for inferences of its own.
  void finish() {
    for (auto& [name, spy] : spies) spy.let_go();
    let_time_go_on();
    requests.clear();
    model.reset();
    driver.reset();
  }

  VirtualClock clock;
  EventRecorder events;
  std::map<std::string, DeviceSpy> spies;
  std::shared_ptr<CompiledModel> model;
  std::vector<std::unique_ptr<InferRequest>> requests;
  std::shared_ptr<void> driver;

 private:
  static std::string description_of(const std::string& text) {
    return "sim:input=1x3x2x2,rows=1" + (text.empty() ? "" : "," + text);
  }

  const Make make_;
};

/// What the simulated model makes of an input filled with `value`.
inline std::vector<float> rows_for(int value) {
  static std::map<int, std::vector<float>> known;
  if (auto found = known.find(value); found != known.end()) return found->second;
  VirtualClock clock;
  auto model = simulate("", clock);
  auto request = model->create_request().value();
  for (std::byte& b : request->input(0)->as_bytes()) b = static_cast<std::byte>(value);
  EXPECT_TRUE(request->start([](const Outcome&) {}));
  clock.run_until_idle();
  return known[value] = rows_of(request->output(0).value());
}

}  // namespace inflight
