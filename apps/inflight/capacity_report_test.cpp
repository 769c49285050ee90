#include "capacity_report.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

namespace inflight::app {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

CapacityTrial trial(int sources, bool fits) {
  CapacityTrial trial;
  trial.sources = sources;
  trial.p95_ms = fits ? 20 : 300;
  trial.processor_share = 0.5;
  trial.frames.read = trial.frames.emitted = 250;
  trial.fits = fits;
  return trial;
}

CapacityTrial failing(int sources, std::uint64_t failed) {
  CapacityTrial trial;
  trial.sources = sources;
  trial.frames.read = 250;
  trial.frames.emitted = 250 - failed;
  trial.frames.failed["engine_failed"] = failed;
  return trial;
}

TEST(CapacityReport, NamesTheMostThatFitAndWhyOneMoreDoesNot) {
  EXPECT_THAT(capacity_text({{trial(1, true), trial(2, true), trial(3, false)}}, {}),
              EndsWith("2 sources fit (p95 age ≤ 100 ms, at most 1.0 % dropped); with 3 p95 age is 300 ms, at 50 % of "
                       "the processors\n"));
}

TEST(CapacityReport, SaysWhereNumbersBetweenWereNotTried) {
  EXPECT_THAT(capacity_text({{trial(4, true), trial(8, false)}, true}, {}),
              EndsWith("; numbers between were not tried\nThe search was interrupted.\n"));
}

TEST(CapacityReport, SaysThatMoreWereNotTried) {
  EXPECT_THAT(capacity_text({{trial(1, true)}}, {}), HasSubstr("1 source fits"));
  EXPECT_THAT(capacity_text({{trial(1, true)}}, {}), HasSubstr("more were not tried"));
}

TEST(CapacityReport, NamesFailedFramesAsTheReason) {
  EXPECT_THAT(capacity_text({{failing(1, 250)}}, {}),
              HasSubstr("not even one source fits (p95 age ≤ 100 ms, at most 1.0 % dropped): with 1, 250 of 250 frames "
                        "failed (250 engine_failed)"));
}

TEST(CapacityReport, WhereFramesOfTheFewestSourcesFailNothingWasMeasured) {
  Result<void> measured = check_measured({{failing(1, 3)}});
  ASSERT_FALSE(measured);
  EXPECT_EQ(measured.error().code, ErrorCode::engine_failed);
  EXPECT_THAT(measured.error().message, HasSubstr("3 of 250 frames failed"));
}

TEST(CapacityReport, WhereFewerSourcesFitTheAnswerStands) {
  EXPECT_TRUE(check_measured({{trial(1, true), failing(2, 3)}}));
  EXPECT_TRUE(check_measured({{trial(1, false)}})) << "too slow is an answer";
  EXPECT_TRUE(check_measured({}));
}

TEST(CapacityReport, JsonHasTheAnswerAndEachTrial) {
  auto json = nlohmann::json::parse(capacity_json({{trial(1, true), failing(2, 3)}, true}, {}));
  EXPECT_EQ(json["sources"], 1);
  EXPECT_EQ(json["interrupted"], true);
  EXPECT_EQ(json["trials"][1]["failed"], 3);
  EXPECT_EQ(json["trials"][1]["fits"], false);
}

}  // namespace
}  // namespace inflight::app
