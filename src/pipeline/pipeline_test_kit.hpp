// What the tests of this folder share: simulated detectors in virtual time, and sources and sinks that do what a
// script says. Nothing here sleeps: whoever must wait waits at a Gate.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "inflight/pipeline.hpp"

namespace inflight::test {

using std::chrono::milliseconds;

/// Closed until opened; counts who has come to it.
class Gate {
 public:
  void pass() {
    std::unique_lock lock(mutex_);
    ++arrived_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return open_; });
  }
  void open() {
    std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void await_arrivals(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return arrived_ >= count; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
  int arrived_ = 0;
};

/// A number that others wait for.
class Counter {
 public:
  std::uint64_t add() {
    std::lock_guard lock(mutex_);
    changed_.notify_all();
    return ++count_;
  }
  void await(std::uint64_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return count_ >= count; });
  }
  std::uint64_t count() const {
    std::lock_guard lock(mutex_);
    return count_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t count_ = 0;
};

inline const std::string kDevice = "sim:latency=1ms..4ms,lanes=3,input=1x3x64x64,seed=7";

/// A device over another that counts starts and may refuse them.
class WatchedModel final : public CompiledModel {
 public:
  struct Script {
    std::shared_ptr<Counter> starts = std::make_shared<Counter>();
    std::optional<std::uint64_t> refuse_from;  ///< this start, from 1, and all that follow are refused
    bool no_requests = false;
  };

  WatchedModel(std::shared_ptr<CompiledModel> inner, Script script) : inner_(std::move(inner)), script_(script) {}
  const ModelInfo& info() const noexcept override { return inner_->info(); }
  RuntimeInfo runtime() const override { return inner_->runtime(); }
  int optimal_requests() const noexcept override { return inner_->optimal_requests(); }
  void flush() noexcept override { inner_->flush(); }
  Result<std::unique_ptr<InferRequest>> create_request() override {
    if (script_.no_requests) return fail(ErrorCode::device_unusable, "scripted: the device is gone");
    return std::make_unique<Request>(inner_->create_request().value(), script_);
  }

 private:
  class Request final : public InferRequest {
   public:
    Request(std::unique_ptr<InferRequest> inner, const Script& script) : inner_(std::move(inner)), script_(script) {}
    Result<TensorView> input(std::size_t port) override { return inner_->input(port); }
    Result<void> set_input(std::size_t port, TensorView data) override { return inner_->set_input(port, data); }
    Result<TensorView> output(std::size_t port) override { return inner_->output(port); }
    void cancel() noexcept override { inner_->cancel(); }
    Result<void> start(Done done) override {
      bool refuse = script_.starts->add() >= script_.refuse_from.value_or(~std::uint64_t{0});
      if (refuse) return fail(ErrorCode::engine_failed, "scripted: the device refuses");
      return inner_->start(std::move(done));
    }

   private:
    std::unique_ptr<InferRequest> inner_;
    const Script& script_;
  };

  std::shared_ptr<CompiledModel> inner_;
  Script script_;
};

/// A detector on a simulated device. Time passes as fast as the machine allows, or only when told.
class Simulation {
 public:
  enum class Time { flies, stands };

  explicit Simulation(const std::string& device = kDevice, Time time = Time::flies, BatchPolicy batching = {}) {
    if (time == Time::flies) fly();
    DetectorOptions how;
    how.compile.clock = &clock;
    how.compile.batching = batching;
    auto made = make_detector("model", device, how);
    if (!made) ADD_FAILURE() << made.error().message;
    if (made) detector = std::move(*made);
    options.clock = &clock;
  }

  /// From now on time passes as fast as the machine allows.
  void fly() { driver_ = clock.drive(2); }

  void watch(WatchedModel::Script script) {
    detector.model = std::make_shared<WatchedModel>(std::move(detector.model), std::move(script));
  }

  PipelineOptions with(Api api, int requests = 0) const {
    PipelineOptions chosen = options;
    chosen.api = api;
    chosen.requests = requests;
    return chosen;
  }

  VirtualClock clock;
  Detector detector;
  PipelineOptions options;

 private:
  std::shared_ptr<void> driver_;
};

inline std::unique_ptr<Source> synthetic(int frames, int seed = 1, const std::string& size = "64x48") {
  std::string spec = "synthetic:" + size + ",frames=" + std::to_string(frames) + ",fps=30,seed=" + std::to_string(seed);
  auto source = open_source(spec);
  if (!source) ADD_FAILURE() << source.error().message;
  return source ? std::move(*source) : nullptr;
}

// ---- sources ----

/// Pixels that are alive now, and the most that ever were.
struct Ledger {
  void add(std::size_t bytes) {
    std::lock_guard lock(mutex);
    held += bytes;
    most_held = std::max(most_held, held);
    most_frames = std::max(most_frames, ++frames);
  }
  void remove(std::size_t bytes) {
    std::lock_guard lock(mutex);
    held -= bytes;
    --frames;
  }

  std::mutex mutex;
  std::size_t held = 0, most_held = 0;
  int frames = 0, most_frames = 0;
};

class CountedBuffer final : public FrameBuffer {
 public:
  static Frame make(std::shared_ptr<Ledger> ledger, Size size, std::uint8_t shade) {
    Picture picture;
    picture.size = size;
    auto* buffer = new CountedBuffer(std::move(ledger), std::vector<std::uint8_t>(picture.bytes(), shade));
    std::uint8_t* next = buffer->pixels_.data();
    for (std::size_t p = 0; p < 3; ++p) {
      Size plane = p == 0 ? size : picture.chroma_size();
      picture.planes[p] = {next, plane.width};
      next += static_cast<std::size_t>(plane.width) * static_cast<std::size_t>(plane.height);
    }
    return {*buffer, picture};
  }

 private:
  CountedBuffer(std::shared_ptr<Ledger> ledger, std::vector<std::uint8_t> pixels)
      : ledger_(std::move(ledger)), pixels_(std::move(pixels)) {
    ledger_->add(pixels_.size());
  }
  void recycle() noexcept override {
    ledger_->remove(pixels_.size());
    delete this;
  }

  std::shared_ptr<Ledger> ledger_;
  std::vector<std::uint8_t> pixels_;
};

struct SourceScript {
  std::uint64_t frames = 100;
  std::function<Size(std::uint64_t)> size = [](std::uint64_t) { return Size{64, 48}; };
  std::optional<std::uint64_t> error_at;  ///< instead of this frame
  std::optional<std::uint64_t> lose_at;   ///< this frame cannot be read
  std::optional<std::uint64_t> throw_at;  ///< instead of this frame
  std::optional<std::uint64_t> block_at;  ///< waits before this frame until interrupted
  std::shared_ptr<Ledger> ledger = std::make_shared<Ledger>();
  std::shared_ptr<Counter> reads = std::make_shared<Counter>();  ///< frames given
  std::function<void(std::uint64_t)> before = [](std::uint64_t) {};
};

class ScriptedSource final : public Source {
 public:
  explicit ScriptedSource(SourceScript script) : script_(std::move(script)) {
    info_ = {"scripted", script_.size(0), 30, script_.frames};
  }
  const SourceInfo& info() const noexcept override { return info_; }

  Result<bool> read(Frame& frame) override {
    script_.before(next_);
    if (next_ == script_.error_at) return fail(ErrorCode::unreadable_input, "scripted: damaged here");
    if (next_ == script_.throw_at) throw std::runtime_error("scripted to throw");
    if (next_ == script_.block_at) interrupted_.pass();
    if (next_ == script_.frames || next_ == script_.block_at) return false;
    bool lost = next_ == script_.lose_at;
    auto shade = static_cast<std::uint8_t>(next_ * 37);
    frame = lost ? Frame() : CountedBuffer::make(script_.ledger, script_.size(next_), shade);
    frame.id = next_++;
    frame.timestamp = milliseconds(33 * frame.id);
    script_.reads->add();
    if (lost) return fail(ErrorCode::unreadable_frame, "scripted: a damaged frame");
    return true;
  }

  void interrupt() noexcept override { interrupted_.open(); }

 private:
  SourceScript script_;
  SourceInfo info_;
  std::uint64_t next_ = 0;
  Gate interrupted_;
};

inline std::unique_ptr<Source> scripted(SourceScript script) {
  return std::make_unique<ScriptedSource>(std::move(script));
}

// ---- sinks ----

/// What of a result must not depend on how it came about.
struct Seen {
  SourceId source = 0;
  std::uint64_t id = 0;
  Duration timestamp{0};
  FrameStatus status = FrameStatus::emitted;
  std::string reason, device;
  std::vector<Detection> detections;
  friend bool operator==(const Seen&, const Seen&) = default;
};

inline std::ostream& operator<<(std::ostream& out, const Seen& seen) {
  return out << "source " << seen.source << " frame " << seen.id << ' ' << to_string(seen.status) << " \""
             << seen.reason << "\" " << seen.device << ", " << seen.detections.size() << " detections";
}

/// What a sink was given. Read it after the run.
struct Record {
  std::vector<Seen> all;
  int finished = 0;
  bool wrote_after_finish = false;

  std::vector<Seen> of(SourceId source) const {
    std::vector<Seen> some;
    std::ranges::copy_if(all, std::back_inserter(some), [&](const Seen& seen) { return seen.source == source; });
    return some;
  }
  std::size_t count(FrameStatus status) const {
    return static_cast<std::size_t>(std::ranges::count(all, status, &Seen::status));
  }
};

struct SinkScript {
  std::optional<std::uint64_t> fail_at;   ///< this write, from 0
  std::optional<std::uint64_t> throw_at;  ///< this write
  bool fail_finish = false;
  std::function<void(std::uint64_t)> before = [](std::uint64_t) {};  ///< is given the number of the write
  std::size_t keeps = 0;                                             ///< bytes of pictures, from the first write on
};

class ScriptedSink final : public Sink {
 public:
  explicit ScriptedSink(std::shared_ptr<Record> record, SinkScript script = {})
      : record_(std::move(record)), script_(std::move(script)) {}

  Result<void> write(const FrameResult& result) override {
    std::uint64_t write = writes_++;
    script_.before(write);
    if (write == script_.fail_at) return fail(ErrorCode::output_failed, "scripted: the disk is full");
    if (write == script_.throw_at) throw std::runtime_error("scripted to throw");
    record_->wrote_after_finish |= record_->finished > 0;
    record_->all.push_back({result.frame.source, result.frame.id, result.frame.timestamp, result.status, result.reason,
                            result.device, result.detections});
    return {};
  }

  Result<void> finish() override {
    ++record_->finished;
    if (script_.fail_finish) return fail(ErrorCode::output_failed, "scripted: the file cannot be closed");
    return {};
  }

  std::size_t bytes_held() const noexcept override { return writes_ > 0 ? script_.keeps : 0; }

 private:
  std::shared_ptr<Record> record_;
  SinkScript script_;
  std::uint64_t writes_ = 0;
};

inline std::unique_ptr<Sink> recording(std::shared_ptr<Record> record, SinkScript script = {}) {
  return std::make_unique<ScriptedSink>(std::move(record), std::move(script));
}

inline std::vector<std::unique_ptr<Sink>> one(std::unique_ptr<Sink> sink) {
  std::vector<std::unique_ptr<Sink>> sinks;
  sinks.push_back(std::move(sink));
  return sinks;
}

// ---- what must hold ----

inline std::vector<std::uint64_t> ids(const std::vector<Seen>& seen) {
  std::vector<std::uint64_t> all;
  std::ranges::transform(seen, std::back_inserter(all), &Seen::id);
  return all;
}

inline std::vector<std::uint64_t> first(std::uint64_t count) {
  std::vector<std::uint64_t> all;
  for (std::uint64_t id = 0; id < count; ++id) all.push_back(id);
  return all;
}

/// The summary adds up, and what a sink saw of it is every frame once, as it was counted.
inline void expect_accounted(const RunSummary& summary, const Record& record) {
  EXPECT_TRUE(summary.frames.adds_up());
  EXPECT_EQ(summary.frames.read, record.all.size());
  EXPECT_EQ(summary.frames.emitted, record.count(FrameStatus::emitted));
  EXPECT_EQ(summary.frames.total_dropped(), record.count(FrameStatus::dropped));
  EXPECT_EQ(summary.frames.total_failed(), record.count(FrameStatus::failed));
  EXPECT_EQ(record.finished, 1);
  EXPECT_FALSE(record.wrote_after_finish);
}

/// Sources from 0 have given their frames without gaps, in order.
inline void expect_in_order(const Record& record, SourceId sources = 1) {
  for (SourceId source = 0; source < sources; ++source) {
    std::vector<Seen> some = record.of(source);
    EXPECT_EQ(ids(some), first(some.size())) << "source " << source;
  }
}

inline std::size_t events_of(const RunSummary& summary, const std::string& kind) {
  return static_cast<std::size_t>(std::ranges::count(summary.events, kind, &Event::kind));
}

/// Runs and expects that it could.
inline RunSummary finish_run(Pipeline& pipeline) {
  Result<RunSummary> summary = pipeline.run();
  if (!summary) ADD_FAILURE() << summary.error().message;
  return summary ? std::move(*summary) : RunSummary{};
}

}  // namespace inflight::test
