#include "exit_code.hpp"

#include <gtest/gtest.h>

namespace inflight::app {
namespace {

using testing::internal::CaptureStderr;
using testing::internal::GetCapturedStderr;

RunSummary summary_of(std::uint64_t read, std::map<std::string, std::uint64_t> failed) {
  RunSummary summary;
  summary.frames.read = read;
  summary.frames.failed = std::move(failed);
  summary.frames.emitted = read - summary.frames.total_failed();
  return summary;
}

TEST(ExitCode, TellsWhoMustDoSomething) {
  EXPECT_EQ(exit_code(ErrorCode::invalid_argument), ExitCode::bad_usage);
  EXPECT_EQ(exit_code(ErrorCode::unwritable_output), ExitCode::bad_usage);
  EXPECT_EQ(exit_code(ErrorCode::unreadable_input), ExitCode::unreadable_input);
  EXPECT_EQ(exit_code(ErrorCode::model_unusable), ExitCode::unusable_model);
  EXPECT_EQ(exit_code(ErrorCode::device_unusable), ExitCode::unusable_model);
  for (ErrorCode code : {ErrorCode::output_failed, ErrorCode::engine_failed, ErrorCode::cancelled, ErrorCode::internal,
                         ErrorCode::deadline_exceeded, ErrorCode::closed})
    EXPECT_EQ(exit_code(code), ExitCode::run_failed) << to_string(code);
}

TEST(Report, IsOneLineFromTheProgram) {
  CaptureStderr();
  EXPECT_EQ(report({ErrorCode::unreadable_input, "x.mp4: it is not there"}), ExitCode::unreadable_input);
  EXPECT_EQ(GetCapturedStderr(), "inflight: x.mp4: it is not there\n");
}

TEST(ReportEnd, SaysNothingOfARunThatWentWell) {
  CaptureStderr();
  EXPECT_EQ(report_end(summary_of(30, {})), ExitCode::done);
  EXPECT_EQ(GetCapturedStderr(), "");
}

TEST(ReportEnd, CountsFailedFramesByReason) {
  CaptureStderr();
  EXPECT_EQ(report_end(summary_of(30, {{"engine_failed", 2}, {"deadline_exceeded", 1}})), ExitCode::run_failed);
  EXPECT_EQ(GetCapturedStderr(),
            "inflight: 3 of 30 frames failed (1 deadline_exceeded, 2 engine_failed); their lines of --json say why\n");
}

TEST(ReportEnd, TellsASourceThatEndedBadlyFromARunThatFailed) {
  RunSummary summary = summary_of(30, {});
  summary.error = "x.mp4: it is cut off";
  CaptureStderr();
  EXPECT_EQ(report_end(summary), ExitCode::run_failed);
  summary.events.emplace_back().kind = "source_failed";
  EXPECT_EQ(report_end(summary), ExitCode::unreadable_input);
  EXPECT_EQ(GetCapturedStderr(), "inflight: x.mp4: it is cut off\ninflight: x.mp4: it is cut off\n");
}

TEST(FailuresText, IsEmptyWhereNoneFailed) {
  EXPECT_EQ(failures_text(summary_of(30, {}).frames), "");
  EXPECT_EQ(failures_text(summary_of(30, {{"engine_failed", 30}}).frames), "30 of 30 frames failed (30 engine_failed)");
}

}  // namespace
}  // namespace inflight::app
