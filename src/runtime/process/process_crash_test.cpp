// What happens when the process of a model ends.
#include <gmock/gmock.h>

#include <atomic>
#include <future>
#include <random>
#include <thread>

#include "inflight/infer_queue.hpp"
#include "testing/process_test_kit.hpp"

namespace inflight {
namespace {

using testing::AllOf;
using testing::HasSubstr;

// Longer than any test: what is in flight stays there until the process ends.
constexpr const char* kEndless = "latency=1000s,lanes=8";
constexpr const char* kQuick = "latency=200us,lanes=2";

class ProcessCrash : public ProcessTest {};

TEST_F(ProcessCrash, FailsWhatIsInFlightNamingTheModelTheDeviceAndTheSignal) {
  make(kEndless);
  auto request = create();
  std::future<Outcome> outcome = infer_future(*request);
  pid_t process = the_process();
  end_process(process);
  Outcome failed = outcome.get();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::engine_failed);
  EXPECT_THAT(failed.error().message, AllOf(HasSubstr("some.model"), HasSubstr("PROCESS:sim:"), HasSubstr("signal 9"),
                                            HasSubstr(std::to_string(process))));
  EXPECT_EQ(failed.error().message.find('\n'), std::string::npos);
}

TEST_F(ProcessCrash, ServesTheSameRequestsAgainWithAnotherProcess) {
  make(kQuick);
  auto request = create();
  fill(*request, 3);
  ASSERT_TRUE(infer(*request));
  std::byte* memory = request->input(0)->data();
  pid_t first = the_process();
  end_process(first);
  events.wait_for("readmitted");
  EXPECT_NE(the_process(), first);
  EXPECT_EQ(request->input(0)->data(), memory) << "the memory is the same";
  ASSERT_TRUE(infer(*request)) << "and what was written there counts";
  EXPECT_EQ(rows(*request), expected_rows(3));
  fill(*request, 4);
  ASSERT_TRUE(infer(*request));
  EXPECT_EQ(rows(*request), expected_rows(4));
}

TEST_F(ProcessCrash, KeepsTheResultsThatWereThereBefore) {
  make(kQuick);
  auto request = create();
  fill(*request, 5);
  ASSERT_TRUE(infer(*request));
  end_process(the_process());
  events.wait_for("readmitted");
  EXPECT_EQ(rows(*request), expected_rows(5));
}

TEST_F(ProcessCrash, TellsThatItEndedHowAndHowLongItTookToGoOn) {
  make(kQuick);
  pid_t process = the_process();
  end_process(process, SIGSEGV);
  DeviceEvent failed = events.wait_for("failed");
  EXPECT_THAT(failed.device, HasSubstr("PROCESS:sim:"));
  EXPECT_THAT(failed.text, AllOf(HasSubstr(std::to_string(process)), HasSubstr("0 requests in flight")));
  EXPECT_THAT(events.wait_for("readmitted").text, HasSubstr(" ms after"));
  EXPECT_EQ(events.all().size(), 2U);
}

TEST_F(ProcessCrash, LetsRequestsWaitWhileAnotherProcessStarts) {
  make("latency=200us,load=20ms");
  auto failed = create();
  std::vector<std::unique_ptr<InferRequest>> requests;
  for (int i = 0; i < 4; ++i) requests.push_back(create());
  end_process(the_process());
  events.wait_for("failed");  // told before another is started, which takes 20 ms at least
  std::vector<std::future<Outcome>> outcomes;
  for (auto& request : requests) {
    fill(*request, 6);
    outcomes.push_back(infer_future(*request));
    EXPECT_EQ(request->input(0).error().code, ErrorCode::busy);
  }
  auto late = create();
  outcomes.push_back(infer_future(*late));
  for (auto& outcome : outcomes) EXPECT_TRUE(outcome.get());
  for (auto& request : requests) EXPECT_EQ(rows(*request), expected_rows(6));
}

TEST_F(ProcessCrash, CancelsARequestThatWaitsForAProcess) {
  make("latency=200us,load=100ms");
  auto request = create();
  end_process(the_process());
  events.wait_for("failed");
  std::future<Outcome> outcome = infer_future(*request);
  request->cancel();
  EXPECT_EQ(outcome.get().error().code, ErrorCode::cancelled);
  EXPECT_TRUE(infer(*request)) << "and it serves again";
}

TEST_F(ProcessCrash, GivesUpAfterTheThirdInARowWithoutASuccess) {
  make(kEndless);
  auto request = create();
  for (int crash = 1; crash <= 3; ++crash) {
    std::future<Outcome> outcome = infer_future(*request);
    if (crash > 1) events.wait_for("readmitted", crash - 1);
    end_process(the_process());
    EXPECT_EQ(outcome.get().error().code, ErrorCode::engine_failed);
  }
  EXPECT_THAT(events.wait_for("failed", 3).text, HasSubstr("not started again"));
  Result<void> started = request->start([](Outcome) { ADD_FAILURE() << "it must not be called"; });
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, ErrorCode::engine_failed);
  EXPECT_THAT(started.error().message, AllOf(HasSubstr("some.model"), HasSubstr("3 times"), HasSubstr("signal 9")));
  EXPECT_TRUE(child_processes().empty());
}

TEST_F(ProcessCrash, CountsFromTheLastSuccess) {
  make(kQuick);
  auto request = create();
  for (int crash = 1; crash <= 5; ++crash) {
    end_process(the_process());
    events.wait_for("readmitted", crash);
    ASSERT_TRUE(infer(*request));
  }
}

TEST_F(ProcessCrash, LetsAModelGoWhileItsProcessIsStartedAgain) {
  for (int i = 0; i < 3; ++i) {
    ToldEvents told;
    CompileOptions options;
    options.on_event = told.listener();
    auto doomed = compile_model("some.model", "PROCESS:sim:latency=1ms,load=50ms", options).value();
    end_process(the_process());
    told.wait_for("failed");
    doomed.reset();
    EXPECT_TRUE(child_processes().empty());
  }
}

TEST_F(ProcessCrash, IsOvercomeByAutoWithoutAFailedRequest) {
  CompileOptions options;
  options.on_event = events.listener();
  auto automatic = compile_model("some.model", "AUTO:PROCESS:sim:latency=500us,sim:latency=20ms", options).value();
  auto request = automatic->create_request().value();
  while (infer(*request).value().device != "PROCESS:sim:sim") continue;  // until it is compiled and measured
  for (int i = 0; i < 100; ++i) {
    if (i == 50) end_process(the_process());
    Outcome outcome = infer(*request);
    ASSERT_TRUE(outcome) << outcome.error().message;
  }
  events.wait_for("readmitted");
}

/// Many threads, a process that is killed at moments drawn by a seed: each start is answered once, with the result
/// of its own picture or with the failure.
class ProcessCrashBySeed : public ProcessTest, public testing::WithParamInterface<unsigned> {
 protected:
  void work(unsigned seed) {
    std::mt19937 random(seed);
    std::vector<std::vector<float>> expected{expected_rows(0), expected_rows(1), expected_rows(2)};
    auto request = create();
    for (int i = 0; i < 60; ++i) {
      int value = static_cast<int>(random() % 3);
      fill(*request, value);
      std::future<Outcome> future = infer_future(*request);
      if (random() % 8 == 0) request->cancel();
      if (random() % 16 == 0) {
        request = create();  // which waits for what is in flight
        future.get();
        continue;
      }
      Outcome outcome = future.get();
      check(outcome, rows(*request), expected[static_cast<std::size_t>(value)]);
    }
  }

  void check(const Outcome& outcome, const std::vector<float>& rows, const std::vector<float>& expected) {
    if (outcome) {
      EXPECT_EQ(rows, expected);
      ++succeeded;
    } else if (outcome.error().code != ErrorCode::cancelled) {
      EXPECT_THAT(outcome.error().message, HasSubstr("signal 9"));
    }
  }

  std::atomic<int> succeeded = 0;
};

TEST_P(ProcessCrashBySeed, AnswersEveryStartOnce) {
  make("latency=100us..400us,lanes=3");
  std::mt19937 random(GetParam());
  {
    std::vector<std::jthread> threads;
    for (unsigned t = 0; t < 4; ++t) threads.emplace_back([this, t] { work(GetParam() * 10 + t); });
    for (int crash = 1; crash <= 2; ++crash) {
      for (unsigned n = random() % 2000; n > 0; --n) std::this_thread::yield();
      for (pid_t process : child_processes()) end_process(process);
      events.wait_for("readmitted", crash);
    }
  }
  EXPECT_GT(succeeded, 0);
  auto request = create();
  EXPECT_TRUE(infer(*request));
}

INSTANTIATE_TEST_SUITE_P(Seeds, ProcessCrashBySeed, testing::Range(1U, 13U));

}  // namespace
}  // namespace inflight
