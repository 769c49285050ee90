// What happens when the process of a model does not answer.
#include <gmock/gmock.h>

#include <future>

#include "testing/process_test_kit.hpp"

namespace inflight {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;

constexpr const char* kEndless = "latency=1000s,lanes=8";
constexpr const char* kQuick = "latency=200us,lanes=2";

/// Time is this test's; that of the process is real. A process that is stopped (SIGSTOP) answers nothing.
class ProcessDeadline : public ProcessTest {
 protected:
  ProcessDeadline() = default;
  ~ProcessDeadline() override { model.reset(); }  // before its clock goes
  ProcessDeadline(const ProcessDeadline&) = delete;
  ProcessDeadline& operator=(const ProcessDeadline&) = delete;

  void make_with(const std::string& description, const ProcessPolicy& policy = {}) {
    CompileOptions options;
    options.clock = &clock;
    options.process = policy;
    options.on_event = events.listener();
    auto compiled = compile_model("some.model", "PROCESS:sim:input=1x3x8x8,rows=1," + description, options);
    ASSERT_TRUE(compiled) << compiled.error().message;
    model = std::move(*compiled);
  }
  static bool is_over(std::future<Outcome>& outcome) { return outcome.wait_for(0s) == std::future_status::ready; }

  VirtualClock clock;
};

TEST_F(ProcessDeadline, EndsAProcessThatDoesNotAnswerAndStartsAnother) {
  make_with(kEndless, {10s, 10min});
  auto request = create();
  std::future<Outcome> outcome = infer_future(*request);
  pid_t process = the_process();
  clock.advance(9s);
  EXPECT_EQ(the_process(), process);
  EXPECT_FALSE(is_over(outcome));
  clock.advance(1s);
  Outcome failed = outcome.get();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::engine_failed);
  EXPECT_THAT(failed.error().message,
              AllOf(HasSubstr(std::to_string(process)), HasSubstr("did not answer in time"), HasSubstr("some.model")));
  EXPECT_THAT(events.wait_for("failed").text, HasSubstr("did not answer in time (an inference), and was ended"));
  events.wait_for("readmitted");
  EXPECT_NE(the_process(), process);
}

TEST_F(ProcessDeadline, IsTwoMinutesForTheFirstAnswerWhereNothingWasSaid) {
  make_with(kEndless);
  auto request = create();
  std::future<Outcome> outcome = infer_future(*request);
  clock.advance(2min - 1ms);
  EXPECT_FALSE(is_over(outcome));
  clock.advance(1ms);
  EXPECT_FALSE(outcome.get());
}

TEST_F(ProcessDeadline, CountsFromTheLastAnswerWhileTheProcessGetsOn) {
  make_with("latency=200us,lanes=1", {10s, 10min});
  auto first = create(), second = create();
  pid_t process = the_process();
  end_process(process, SIGSTOP);
  std::future<Outcome> one = infer_future(*first), two = infer_future(*second);
  clock.advance(9s);
  end_process(process, SIGCONT);
  EXPECT_TRUE(one.get());
  EXPECT_TRUE(two.get());
  clock.advance(1h);
  EXPECT_EQ(the_process(), process) << "nothing is late where nothing is asked for";
}

TEST_F(ProcessDeadline, IsShortForAnInferenceThatWasCancelled) {
  make_with(kQuick);
  auto request = create();
  ASSERT_TRUE(infer(*request));
  end_process(the_process(), SIGSTOP);
  std::future<Outcome> outcome = infer_future(*request);
  request->cancel();
  clock.advance(699ms);
  EXPECT_FALSE(is_over(outcome));
  clock.advance(1ms);
  EXPECT_EQ(outcome.get().error().code, ErrorCode::cancelled);
  events.wait_for("readmitted");
  EXPECT_TRUE(infer(*request)) << "it serves again";
}

TEST_F(ProcessDeadline, LetsARequestGoThatTheProcessDoesNotAnswer) {
  make_with(kQuick);
  auto request = create();
  end_process(the_process(), SIGSTOP);
  std::future<Outcome> outcome = infer_future(*request);
  auto time = clock.drive();
  request.reset();
  EXPECT_EQ(outcome.get().error().code, ErrorCode::cancelled);
}

TEST_F(ProcessDeadline, HoldsForCompilingToo) {
  CompileOptions options;
  options.clock = &clock;
  auto time = clock.drive();
  auto compiled = compile_model("some.model", "PROCESS:sim:load=1000s", options);
  ASSERT_FALSE(compiled);
  EXPECT_EQ(compiled.error().code, ErrorCode::device_unusable);
  EXPECT_THAT(compiled.error().message,
              AllOf(HasSubstr("did not answer in time (compiling)"), HasSubstr("some.model")));
  EXPECT_TRUE(child_processes().empty());
}

TEST_F(ProcessDeadline, IsNoneWhereThatWasSaid) {
  make_with(kEndless, {0s, 0s});
  auto request = create();
  std::future<Outcome> outcome = infer_future(*request);
  clock.advance(1000h);
  EXPECT_FALSE(is_over(outcome));
  request->cancel();
  EXPECT_EQ(outcome.get().error().code, ErrorCode::cancelled) << "by the process";
}

// More messages than the socket holds: nobody waits for a process that does not read.
TEST_F(ProcessDeadline, BlocksNobodyWhileTheProcessDoesNotRead) {
  make_with(kQuick);
  pid_t process = the_process();
  end_process(process, SIGSTOP);
  std::vector<std::unique_ptr<InferRequest>> requests;
  std::vector<std::future<Outcome>> outcomes;
  for (int i = 0; i < 600; ++i) {
    requests.push_back(create());
    fill(*requests.back(), i % 3);
    outcomes.push_back(infer_future(*requests.back()));
  }
  requests.resize(600);
  model->flush();
  end_process(process, SIGCONT);
  for (auto& outcome : outcomes) EXPECT_TRUE(outcome.get());
  EXPECT_EQ(rows(*requests[599]), expected_rows(599 % 3));
}

}  // namespace
}  // namespace inflight
