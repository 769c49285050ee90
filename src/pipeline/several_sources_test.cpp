// Many sources that share one model: overflow, deadlines, priorities, sources that come and go.
#include <random>
#include <thread>

#include "pipeline_test_kit.hpp"

namespace inflight::test {
namespace {

SourceSetup setup(OverflowPolicy overflow, std::unique_ptr<Sink> sink = nullptr) {
  SourceSetup setup;
  setup.overflow = overflow;
  if (sink) setup.sinks.push_back(std::move(sink));
  return setup;
}

/// A run in which nothing is inferred until the source has given all of its frames.
class Overflow : public ::testing::Test {
 protected:
  RunSummary run(OverflowPolicy policy) {
    Pipeline pipeline(simulation.detector, simulation.with(Api::async, 2));
    pipeline.add_source(scripted(script), setup(policy));
    pipeline.add_sink(recording(record));
    auto summary = std::async(std::launch::async, [&] { return finish_run(pipeline); });
    script.reads->await(script.frames);
    simulation.fly();
    return summary.get();
  }

  Simulation simulation{"sim:latency=1ms,lanes=2", Simulation::Time::stands};
  SourceScript script;
  std::shared_ptr<Record> record = std::make_shared<Record>();
};

TEST_F(Overflow, LetsTheOldestFramesGo) {
  RunSummary summary = run(OverflowPolicy::drop_oldest);
  expect_accounted(summary, *record);
  EXPECT_EQ(ids(record->all), first(100)) << "the dropped ones too, at their places";
  EXPECT_GT(summary.frames.dropped["overflow"], 80U);
  EXPECT_EQ(record->all.back().status, FrameStatus::emitted) << "the newest is what a camera is watched for";
  EXPECT_EQ(record->all[50].status, FrameStatus::dropped);
  EXPECT_THAT(record->all[50].reason, ::testing::HasSubstr("overflow: a newer frame"));
  EXPECT_LE(script.ledger->most_frames, 2 + 4 + 2) << "dropped pixels are gone at once";
}

TEST_F(Overflow, LetsTheLatestFramesGo) {
  RunSummary summary = run(OverflowPolicy::drop_latest);
  expect_accounted(summary, *record);
  EXPECT_EQ(ids(record->all), first(100));
  EXPECT_EQ(record->all.front().status, FrameStatus::emitted);
  EXPECT_EQ(record->all.back().status, FrameStatus::dropped);
  EXPECT_GT(summary.frames.dropped["overflow"], 80U);
  EXPECT_LE(script.ledger->most_frames, 2 + 4 + 2);
}

/// What a run counts as held once nothing but the reading of a source that stands still is left. The pictures of the
/// source change their size with every frame.
RunStatus held_at_the_end(OverflowPolicy policy, std::size_t frames_left) {
  Simulation simulation("sim:latency=1ms,lanes=2", Simulation::Time::stands);
  Pipeline pipeline(simulation.detector, simulation.with(Api::async, 2));
  SourceScript script;
  script.size = [](std::uint64_t id) { return id % 2 == 0 ? Size{64, 64} : Size{640, 360}; };
  script.block_at = 60;
  Counter last_read;
  script.before = [&](std::uint64_t id) { id == 60 ? void(last_read.add()) : void(); };
  pipeline.add_source(scripted(script), setup(policy));
  auto summary = std::async(std::launch::async, [&] { return finish_run(pipeline); });
  // Where it does not wait for credits, all have been taken by now: none is free for the last read.
  if (policy != OverflowPolicy::wait) last_read.await(1);
  simulation.fly();
  last_read.await(1);
  while (pipeline.status().frames_held > frames_left) std::this_thread::yield();
  RunStatus status = pipeline.status();
  pipeline.close();
  EXPECT_TRUE(summary.get().frames.adds_up());
  return status;
}

TEST(HeldBytes, AddUpWithPicturesOfTwoSizes) {
  // The source waits with a credit for a picture like the one before.
  EXPECT_EQ(held_at_the_end(OverflowPolicy::wait, 1).bytes_held, 640U * 360 * 3 / 2);
}

TEST(HeldBytes, AddUpWhereTheOldestOfTwoSizesAreDropped) {
  EXPECT_EQ(held_at_the_end(OverflowPolicy::drop_oldest, 0).bytes_held, 0U);
}

TEST(HeldBytes, AddUpWhereTheLatestOfTwoSizesAreDropped) {
  EXPECT_EQ(held_at_the_end(OverflowPolicy::drop_latest, 0).bytes_held, 0U);
}

TEST(Sources, DropFramesThatAreTooOldBeforeTheirInference) {
  Simulation simulation("sim:latency=10ms,lanes=1", Simulation::Time::stands);
  simulation.options.max_frames = 17;
  Pipeline pipeline(simulation.detector, simulation.with(Api::async, 1));
  auto record = std::make_shared<Record>();
  SourceScript script;
  script.frames = 17;  // as many as may be on their way: all are read at the same moment
  SourceSetup how;
  how.max_age = milliseconds(35);
  pipeline.add_source(scripted(script), std::move(how));
  pipeline.add_sink(recording(record));
  auto summary = std::async(std::launch::async, [&] { return finish_run(pipeline); });
  script.reads->await(script.frames);
  simulation.fly();
  RunSummary ended = summary.get();
  expect_accounted(ended, *record);
  // At 0, 10, 20 and 30 ms; the next would begin at 40.
  EXPECT_EQ(ended.frames.emitted, 4U);
  EXPECT_EQ(ended.frames.dropped["deadline_exceeded"], 13U);
}

TEST(Sources, OfHigherPriorityAreInferredFirst) {
  Simulation simulation("sim:latency=10ms,lanes=1", Simulation::Time::stands);
  simulation.options.max_frames = 12;  // all of them, at the same moment
  Pipeline pipeline(simulation.detector, simulation.with(Api::async, 1));
  std::vector<SourceId> order;
  std::mutex mutex;
  SourceScript script;  // shared: its reads count both
  script.frames = 6;
  for (int priority : {0, 3}) {
    SourceSetup how;
    how.priority = priority;
    pipeline.add_source(scripted(script), std::move(how));
  }
  pipeline.on_result([&](const FrameResult& result) {
    std::lock_guard lock(mutex);
    order.push_back(result.frame.source);
  });
  auto summary = std::async(std::launch::async, [&] { return finish_run(pipeline); });
  script.reads->await(12);
  simulation.fly();
  summary.get();
  ASSERT_EQ(order.size(), 12U);
  // One frame may have been taken before the other source had any.
  auto last_urgent = std::find(order.rbegin(), order.rend(), 1U);
  EXPECT_LE(std::count(order.begin(), last_urgent.base(), 0U), 1);
}

TEST(Sources, AreToldApartInTheSummary) {
  Simulation simulation;
  Pipeline pipeline(simulation.detector, simulation.with(Api::async));
  SourceScript lossy;
  lossy.frames = 30;
  lossy.lose_at = 4;
  SourceSetup named;
  named.name = "gate";
  named.priority = 2;
  pipeline.add_source(synthetic(50));
  pipeline.add_source(scripted(lossy), std::move(named));
  RunSummary summary = finish_run(pipeline);
  ASSERT_EQ(summary.sources.size(), 2U);
  EXPECT_EQ(summary.sources[0].frames.emitted, 50U);
  EXPECT_EQ(summary.sources[1].name, "gate");
  EXPECT_EQ(summary.sources[1].priority, 2);
  EXPECT_EQ(summary.sources[1].frames.read, 30U);
  EXPECT_EQ(summary.sources[1].frames.failed.at("unreadable_frame"), 1U);
  for (const SourceSummary& source : summary.sources) {
    EXPECT_TRUE(source.frames.adds_up());
    EXPECT_GT(source.fps, 0);
    EXPECT_GE(source.age.p50, source.latency.p50 * 0.99);
  }
}

TEST(Sources, MayComeWhileTheRunGoesOn) {
  Simulation simulation;
  PipelineOptions options = simulation.with(Api::async);
  options.keep_open = true;
  Pipeline pipeline(simulation.detector, options);
  auto record = std::make_shared<Record>();
  Counter results;
  pipeline.add_sink(recording(record));
  pipeline.on_result([&](const FrameResult&) { results.add(); });
  auto summary = std::async(std::launch::async, [&] { return finish_run(pipeline); });
  for (int source = 0; source < 5; ++source) {
    EXPECT_EQ(pipeline.add_source(synthetic(20, source)), static_cast<SourceId>(source));
    results.await(20U * (source + 1));  // it was read, although all before it have ended
  }
  pipeline.close();
  RunSummary ended = summary.get();
  expect_accounted(ended, *record);
  expect_in_order(*record, 5);
  EXPECT_EQ(ended.frames.emitted, 100U);
}

TEST(Sources, ThatComeTooLateAreNotReadButTheirSinksAreFinished) {
  Simulation simulation;
  Pipeline pipeline(simulation.detector, simulation.with(Api::async));
  pipeline.add_source(synthetic(5));
  EXPECT_EQ(finish_run(pipeline).frames.emitted, 5U);
  auto record = std::make_shared<Record>();
  pipeline.add_source(synthetic(5), setup(OverflowPolicy::wait, recording(record)));
  EXPECT_EQ(record->finished, 1);
  EXPECT_TRUE(record->all.empty());
}

TEST(Sources, MayBeTakenAwayWhileTheOthersGoOn) {
  Simulation simulation;
  Pipeline pipeline(simulation.detector, simulation.with(Api::async));
  auto removed = std::make_shared<Record>(), stays = std::make_shared<Record>();
  SourceScript endless;
  endless.frames = 1'000'000'000;
  pipeline.add_source(scripted(endless), setup(OverflowPolicy::wait, recording(removed)));
  SourceScript waits;
  waits.frames = 100;
  Gate gate;
  waits.before = [&](std::uint64_t frame) {
    if (frame == 50) gate.pass();
  };
  pipeline.add_source(scripted(waits), setup(OverflowPolicy::wait, recording(stays)));
  auto summary = std::async(std::launch::async, [&] { return finish_run(pipeline); });
  gate.await_arrivals(1);
  endless.reads->await(30);
  pipeline.remove_source(0);
  gate.open();
  RunSummary ended = summary.get();  // would never come if the endless one were still read
  EXPECT_TRUE(ended.frames.adds_up());
  EXPECT_EQ(ids(stays->all), first(100));
  EXPECT_EQ(removed->finished, 1);
  EXPECT_EQ(ids(removed->all), first(removed->all.size()));
  EXPECT_EQ(ended.sources[0].frames.read, removed->all.size());
}

TEST(Sources, ThatAreNullFailTheRunThatTheyComeTo) {
  Simulation simulation;
  PipelineOptions options = simulation.with(Api::async);
  options.keep_open = true;
  Pipeline pipeline(simulation.detector, options);
  Counter results;
  pipeline.on_result([&](const FrameResult&) { results.add(); });
  pipeline.add_source(synthetic(5));
  auto summary = std::async(std::launch::async, [&] { return finish_run(pipeline); });
  results.await(5);
  EXPECT_EQ(pipeline.add_source(nullptr, SourceSetup{}), 1U);
  EXPECT_EQ(pipeline.add_source(synthetic(5)), 2U);
  results.await(10);
  pipeline.close();
  RunSummary ended = summary.get();
  EXPECT_THAT(ended.error, ::testing::HasSubstr("null"));
  EXPECT_EQ(ended.sources[2].frames.emitted, 5U) << "ids are those that add_source() gave";
}

TEST(Sources, ThatCannotBeReadForAMomentTakeNobodysPlace) {
  Simulation simulation("sim:latency=1ms,lanes=1", Simulation::Time::stands);
  Pipeline pipeline(simulation.detector, simulation.with(Api::async, 1));
  auto record = std::make_shared<Record>();
  SourceScript script;
  script.frames = 40;
  script.lose_at = 30;  // when everything is full
  pipeline.add_source(scripted(script), setup(OverflowPolicy::drop_oldest));
  pipeline.add_sink(recording(record));
  auto summary = std::async(std::launch::async, [&] { return finish_run(pipeline); });
  script.reads->await(script.frames);
  simulation.fly();
  RunSummary ended = summary.get();
  expect_accounted(ended, *record);
  EXPECT_EQ(ended.frames.failed["unreadable_frame"], 1U) << "and not dropped as one too many";
  EXPECT_EQ(record->all[30].status, FrameStatus::failed);
}

TEST(Sources, ComeAndGoAtRandomWithoutLosingAFrame) {
  for (unsigned seed = 1; seed <= 8; ++seed) {
    Simulation simulation("sim:latency=0ms..4ms,lanes=3,fail_rate=0.05,seed=" + std::to_string(seed));
    PipelineOptions options = simulation.with(Api::async);
    options.keep_open = true;
    Pipeline pipeline(simulation.detector, options);
    auto record = std::make_shared<Record>();
    pipeline.add_sink(recording(record));
    auto summary = std::async(std::launch::async, [&] { return finish_run(pipeline); });
    std::mt19937 random(seed);
    auto churn = [&](unsigned salt) {
      std::mt19937 own(seed * 7 + salt);
      for (int i = 0; i < 12; ++i) {
        auto policy = static_cast<OverflowPolicy>(own() % 3);
        SourceId id = pipeline.add_source(synthetic(static_cast<int>(own() % 60), i), setup(policy));
        if (own() % 2 == 0) pipeline.remove_source(id);
        if (own() % 4 == 0) pipeline.remove_source(0);
      }
    };
    auto other = std::async(std::launch::async, churn, 1U);
    churn(2U);
    other.get();
    pipeline.close();
    RunSummary ended = summary.get();
    expect_accounted(ended, *record);
    expect_in_order(*record, 24);
    EXPECT_EQ(ended.sources.size(), 24U);
  }
}

TEST(Sources, TellWhatHappensToThem) {
  class Flaky final : public Source {
   public:
    explicit Flaky(std::unique_ptr<Source> inner) : inner_(std::move(inner)) {}
    const SourceInfo& info() const noexcept override { return inner_->info(); }
    Result<bool> read(Frame& frame) override {
      if (++reads_ == 3) told_({"source_lost", "camera: gone"});
      return inner_->read(frame);
    }
    void on_event(std::function<void(const SourceEvent&)> told) override { told_ = std::move(told); }

   private:
    std::unique_ptr<Source> inner_;
    std::function<void(const SourceEvent&)> told_;
    int reads_ = 0;
  };
  for (Api api : {Api::sync, Api::async}) {
    Simulation simulation;
    Pipeline pipeline(simulation.detector, simulation.with(api));
    pipeline.add_source(std::make_unique<Flaky>(synthetic(10)));
    RunSummary summary = finish_run(pipeline);
    EXPECT_EQ(events_of(summary, "source_lost"), 1U);
    EXPECT_EQ(summary.sources[0].events.at("source_lost"), 1U);
    EXPECT_EQ(summary.error, "") << "it went on";
  }
}

}  // namespace
}  // namespace inflight::test
