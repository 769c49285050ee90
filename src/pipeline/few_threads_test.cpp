// Where the system gives no further thread, a run ends with an error, whichever thread it is, and what it has is whole.
#include "testing/few_threads.hpp"

#include "pipeline_test_kit.hpp"

namespace inflight::test {
namespace {

using ::testing::HasSubstr;

/// More than any of these runs starts.
constexpr int kEnough = 16;

class FewThreadsRun : public ::testing::TestWithParam<Strategy> {
 protected:
  Detector detector() {
    DetectorOptions how;
    how.compile.clock = &clock;
    return make_detector("model", "sim:latency=1ms..3ms,lanes=2,input=1x3x64x64", how).value();
  }
  Cascade cascade() {
    CompileOptions how;
    how.clock = &clock;
    return {"crops", make_feature_model("model", "sim:latency=1ms,input=1x3x64x64,rows=1", how).value(), "one", {}};
  }

  /// Two models, a cascade, two sources, one with a sink of its own, and one for both.
  Result<RunSummary> run(int threads) {
    PipelineOptions options;
    options.clock = &clock;
    options.strategy = GetParam();
    Pipeline pipeline({{"one", detector()}, {"two", detector()}}, options);
    pipeline.set_cascade(cascade());
    pipeline.add_source(synthetic(20), one(recording(own)));
    pipeline.add_source(synthetic(20, 2));
    pipeline.add_sink(recording(shared));
    FewThreads few(threads);
    return pipeline.run();
  }

  VirtualClock clock;
  std::shared_ptr<void> driver = clock.drive(2);
  std::shared_ptr<Record> own = std::make_shared<Record>(), shared = std::make_shared<Record>();
};

TEST_P(FewThreadsRun, EndsWithAnErrorAndAccountsForWhatItRead) {
  for (int threads = 0; threads < kEnough; ++threads) {
    SCOPED_TRACE(std::to_string(threads) + " threads");
    own = std::make_shared<Record>(), shared = std::make_shared<Record>();
    Result<RunSummary> summary = run(threads);
    EXPECT_EQ(own->finished, 1);
    EXPECT_EQ(shared->finished, 1);
    if (!summary) {
      EXPECT_THAT(summary.error().message, HasSubstr("could not be started"));
    } else if (!summary->error.empty()) {
      EXPECT_THAT(summary->error, HasSubstr("could not be started"));
      EXPECT_GT(events_of(*summary, "no_thread"), 0U);
      EXPECT_TRUE(summary->frames.adds_up());
    } else {
      EXPECT_EQ(summary->frames.emitted, 40U);
    }
    EXPECT_FALSE(threads == 0 && summary && summary->error.empty());
  }
  EXPECT_TRUE(run(kEnough).value().error.empty());
}

INSTANTIATE_TEST_SUITE_P(With, FewThreadsRun,
                         testing::Values(Strategy::shared, Strategy::threads, Strategy::coroutines));

}  // namespace
}  // namespace inflight::test
