#include "sim_engine.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <thread>
#include <vector>

#include "inflight/await.hpp"

namespace inflight {
namespace {

using namespace std::chrono_literals;

/// Everything here runs on one thread: time moves only where a test says so.
class SimEngine : public testing::Test {
 protected:
  std::shared_ptr<CompiledModel> compile(const std::string& device, std::int64_t batch = 0) {
    CompileOptions options;
    options.clock = &clock;
    options.batch = batch;
    return engine->compile("model.xml", device, options).value();
  }

  Duration elapsed() const { return clock.now() - TimePoint{}; }

  VirtualClock clock;
  std::shared_ptr<Engine> engine = make_sim_engine();
};

/// One request and how its inferences ended.
struct Inference {
  Inference(CompiledModel& model, Clock& c) : clock(c), request(model.create_request().value()) {}

  void start() {
    ASSERT_TRUE(request->start([this](Outcome o) {
      outcome = std::move(o);
      ended = clock.now() - TimePoint{};
      ++times;
    }));
  }
  ErrorCode error() const { return outcome->error().code; }

  Clock& clock;
  std::unique_ptr<InferRequest> request;
  std::optional<Outcome> outcome;
  Duration ended{0};
  int times = 0;
};

std::vector<std::byte> bytes(const TensorView& view) { return {view.as_bytes().begin(), view.as_bytes().end()}; }

void fill(InferRequest& request, int value) {
  std::ranges::fill(request.input(0)->as_bytes(), static_cast<std::byte>(value));
}

TEST_F(SimEngine, AnswersWhenItsLatencyHasPassedAndNotBefore) {
  auto model = compile("latency=5ms");
  Inference run(*model, clock);
  run.start();
  clock.advance(5ms - 1ns);
  EXPECT_EQ(run.times, 0);
  clock.advance(1ns);
  EXPECT_EQ(run.times, 1);
  EXPECT_EQ((*run.outcome)->infer_time, 5ms);
  EXPECT_EQ((*run.outcome)->device, "sim:sim");
  EXPECT_EQ((*run.outcome)->batch, 1);
}

TEST_F(SimEngine, NeverAnswersWithinStart) {
  auto model = compile("latency=0");
  Inference run(*model, clock);
  run.start();
  EXPECT_EQ(run.times, 0);
  clock.run_until_idle();
  EXPECT_EQ(run.times, 1);
}

TEST_F(SimEngine, RunsAsManyAsItHasLanesAndTheRestInOrder) {
  auto model = compile("latency=10ms,lanes=2");
  std::vector<std::unique_ptr<Inference>> runs;
  for (int i = 0; i < 5; ++i) runs.push_back(std::make_unique<Inference>(*model, clock));
  for (auto& run : runs) run->start();
  clock.run_until_idle();
  std::vector<Duration> ended;
  for (auto& run : runs) ended.push_back(run->ended);
  EXPECT_EQ(ended, (std::vector<Duration>{10ms, 10ms, 20ms, 20ms, 30ms}));
}

TEST_F(SimEngine, AddsTheTimeOfWarmingUpToTheFirstOnly) {
  auto model = compile("latency=1ms,first=9ms");
  Inference run(*model, clock);
  run.start();
  clock.run_until_idle();
  EXPECT_EQ(run.ended, 10ms);
  run.start();
  clock.run_until_idle();
  EXPECT_EQ(run.ended, 11ms);
}

TEST_F(SimEngine, AddsTheTimeOfEachFurtherItemOfABatch) {
  auto model = compile("latency=2ms,per_item=1ms", 4);
  EXPECT_EQ(model->info().inputs[0].shape, Shape({4, 3, 64, 64}));
  Inference run(*model, clock);
  run.start();
  clock.run_until_idle();
  EXPECT_EQ(run.ended, 5ms);
}

TEST_F(SimEngine, DrawsLatenciesWithinTheRangeAndTheSameForTheSameSeed) {
  auto draw = [&](const std::string& seed) {
    auto model = compile("latency=4ms..6ms,seed=" + seed);
    Inference run(*model, clock);
    std::vector<Duration> drawn;
    for (int i = 0; i < 50; ++i) {
      run.start();
      clock.run_until_idle();
      drawn.push_back((*run.outcome)->infer_time);
    }
    return drawn;
  };
  std::vector<Duration> first = draw("1");
  EXPECT_TRUE(std::ranges::all_of(first, [](Duration d) { return d >= 4ms && d <= 6ms; }));
  EXPECT_GT(*std::ranges::max_element(first) - *std::ranges::min_element(first), 1ms);
  EXPECT_EQ(first, draw("1"));
  EXPECT_NE(first, draw("2"));
}

TEST_F(SimEngine, LoadsForAsLongAsItIsTold) {
  auto driver = clock.drive();
  auto model = compile("load=2s");
  EXPECT_GE(elapsed(), 2s);
}

TEST_F(SimEngine, FailsToLoadWhereTheScriptSaysSo) {
  CompileOptions options;
  options.clock = &clock;
  auto model = engine->compile("m", "load_fails=1", options);
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().code, ErrorCode::device_unusable);
}

TEST_F(SimEngine, FailsTheInferencesOfTheScript) {
  auto model = compile("fail=1;3,die_at=5,revive_at=7");
  Inference run(*model, clock);
  std::string ends;
  for (int i = 0; i < 9; ++i) {
    run.start();
    clock.run_until_idle();
    ends += *run.outcome ? '.' : 'x';
  }
  EXPECT_EQ(ends, ".x.x.xx..");
  EXPECT_EQ(run.times, 9);
}

TEST_F(SimEngine, FailsAboutTheShareOfTheScript) {
  auto model = compile("fail_rate=0.3");
  Inference run(*model, clock);
  int failed = 0;
  for (int i = 0; i < 1000; ++i) {
    run.start();
    clock.run_until_idle();
    failed += *run.outcome ? 0 : 1;
  }
  EXPECT_NEAR(failed, 300, 60);
  EXPECT_EQ(run.times, 1000);
}

TEST_F(SimEngine, GivesEachItemOfABatchTheResultItHasAlone) {
  auto one = compile("input=1x3x9x7,rows=3");
  auto four = compile("input=1x3x9x7,rows=3", 4);
  Inference batch(*four, clock), single(*one, clock);
  std::span<std::byte> input = batch.request->input(0)->as_bytes();
  const std::size_t item = input.size() / 4;
  for (std::size_t i = 0; i < input.size(); ++i) input[i] = static_cast<std::byte>(i * 31 + i / item);
  batch.start();
  clock.run_until_idle();
  std::vector<std::byte> all = bytes(*batch.request->output(0));
  for (std::size_t i = 0; i < 4; ++i) {
    std::ranges::copy(input.subspan(i * item, item), single.request->input(0)->data());
    single.start();
    clock.run_until_idle();
    std::vector<std::byte> alone = bytes(*single.request->output(0));
    ASSERT_EQ(alone.size() * 4, all.size());
    EXPECT_TRUE(std::equal(alone.begin(), alone.end(), all.begin() + static_cast<std::ptrdiff_t>(i * alone.size())));
  }
}

TEST_F(SimEngine, GivesADifferentResultWhicheverByteOfTheInputDiffers) {
  auto model = compile("input=1x3x5x5");
  Inference run(*model, clock);
  std::set<std::string> results;  // not of bytes: g++ 12 warns where it compares those
  for (std::size_t i = 0; i < 75; ++i) {
    fill(*run.request, 0);
    run.request->input(0)->as_bytes()[i] = std::byte{1};
    run.start();
    clock.run_until_idle();
    const std::vector<std::byte> output = bytes(*run.request->output(0));
    results.emplace(reinterpret_cast<const char*>(output.data()), output.size());
  }
  EXPECT_EQ(results.size(), 75U);
}

TEST_F(SimEngine, GivesRowsThatLookLikeDetections) {
  auto model = compile("rows=50");
  Inference run(*model, clock);
  run.start();
  clock.run_until_idle();
  std::span<float> rows = run.request->output(0)->as<float>();
  for (std::size_t i = 0; i < rows.size(); i += 7) {
    EXPECT_TRUE(rows[i + 2] >= 0 && rows[i + 2] < 1) << "score";
    EXPECT_TRUE(rows[i + 3] >= 0 && rows[i + 3] < rows[i + 5] && rows[i + 5] <= 1) << "left, right";
    EXPECT_TRUE(rows[i + 4] >= 0 && rows[i + 4] < rows[i + 6] && rows[i + 6] <= 1) << "top, bottom";
  }
}

TEST_F(SimEngine, AnswersACancelledInferenceWithCancelledAndFreesItsLane) {
  auto model = compile("latency=10ms");
  Inference running(*model, clock), waiting(*model, clock);
  running.start();
  waiting.start();
  clock.advance(4ms);
  running.request->cancel();
  EXPECT_EQ(running.times, 0) << "not on the thread of cancel()";
  clock.run_until_idle();
  EXPECT_EQ(running.times, 1);
  EXPECT_EQ(running.error(), ErrorCode::cancelled);
  EXPECT_EQ(running.ended, 4ms);
  EXPECT_TRUE(waiting.outcome->has_value());
  EXPECT_EQ(waiting.ended, 14ms);
}

TEST_F(SimEngine, TakesACancelledRequestOutOfTheMiddleOrTheEndOfThoseWaiting) {
  auto model = compile("latency=10ms");
  std::vector<std::unique_ptr<Inference>> runs;
  for (int i = 0; i < 5; ++i) runs.push_back(std::make_unique<Inference>(*model, clock));
  for (std::size_t i : {0, 1, 2, 3}) runs[i]->start();
  for (std::size_t i : {2, 3, 2}) runs[i]->request->cancel();  // from the middle, the end, and to no effect
  runs[4]->start();                                            // behind the one that is now the last
  clock.run_until_idle();
  EXPECT_EQ(runs[1]->ended, 20ms);
  EXPECT_EQ(runs[2]->error(), ErrorCode::cancelled);
  EXPECT_EQ(runs[3]->error(), ErrorCode::cancelled);
  EXPECT_EQ(runs[4]->ended, 30ms);
  for (auto& run : runs) EXPECT_EQ(run->times, 1);
}

TEST_F(SimEngine, TakesNoNoticeOfCancellingWhatIsIdle) {
  auto model = compile("latency=10ms");
  Inference run(*model, clock);
  run.request->cancel();
  run.start();
  clock.run_until_idle();
  EXPECT_TRUE(run.outcome->has_value());
  run.request->cancel();
  EXPECT_EQ(clock.run_until_idle(), 0U);
  EXPECT_EQ(run.times, 1);
}

// A pooled request must not go on reading what its last user put in place of its memory.
TEST_F(SimEngine, ReadsItsOwnMemoryAgainOnceItIsAskedFor) {
  auto model = compile("input=1x3x4x4");
  Inference run(*model, clock), plain(*model, clock);
  {
    Tensor other(ElementType::u8, {1, 3, 4, 4});
    std::ranges::fill(other.view().as_bytes(), std::byte{7});
    ASSERT_TRUE(run.request->set_input(0, other));
    run.start();
    clock.run_until_idle();
  }
  fill(*run.request, 9);
  fill(*plain.request, 9);
  run.start();
  plain.start();
  clock.run_until_idle();
  EXPECT_EQ(bytes(*run.request->output(0)), bytes(*plain.request->output(0)));
}

TEST_F(SimEngine, RefusesABatchThatNobodyHasMemoryFor) {
  CompileOptions options;
  options.batch = std::int64_t{1} << 60;
  auto model = engine->compile("m", "", options);
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().code, ErrorCode::invalid_argument);
}

TEST_F(SimEngine, ReadsNoModelFiles) {
  EXPECT_EQ(engine->read_model("x.onnx").error().code, ErrorCode::model_unusable);
}

TEST_F(SimEngine, DestroyingARequestInFlightWaitsForItsAnswer) {
  auto model = compile("latency=10ms,lanes=2");
  auto driver = clock.drive(2);
  for (int i = 0; i < 200; ++i) {
    auto held = std::make_shared<int>(0);
    int answered = 0;
    {
      auto request = model->create_request().value();
      ASSERT_TRUE(request->start([held, &answered](Outcome) { ++answered; }));
    }
    EXPECT_EQ(answered, 1);
    EXPECT_EQ(held.use_count(), 1) << "and what `done` held has gone";
  }
}

// Cancelling races with completing: whichever wins, there is one answer.
TEST_F(SimEngine, AnswersOnceWhenCancelMeetsCompletion) {
  auto model = compile("latency=1ms,lanes=2");
  auto driver = clock.drive(2);
  int cancelled = 0;
  for (int i = 0; i < 500; ++i) {
    auto request = model->create_request().value();
    detail::Latch latch;
    std::atomic<int> answers = 0;
    std::optional<Outcome> outcome;
    ASSERT_TRUE(request->start([&](Outcome o) {
      ++answers;
      outcome = std::move(o);
      latch.set();
    }));
    {
      std::jthread canceller([&] { request->cancel(); });
      latch.wait();
    }
    request.reset();
    EXPECT_EQ(answers, 1);
    cancelled += *outcome ? 0 : 1;
  }
  RecordProperty("cancelled", cancelled);
}

}  // namespace
}  // namespace inflight
