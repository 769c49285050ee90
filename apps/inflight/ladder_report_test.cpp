#include "ladder_report.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <variant>

namespace inflight::app {
namespace {

using testing::HasSubstr;
using testing::Not;

Climbed rung(const std::string& name, double fps, const std::string& problem = "") {
  Climbed climbed;
  climbed.name = name;
  climbed.device = "ov:CPU";
  climbed.fps = fps;
  climbed.problem = problem;
  return climbed;
}

TEST(LadderReport, ComparesWithTheFirstRungThatRan) {
  std::vector<Climbed> all{rung("first", 0, "it is not there"), rung("second", 100), rung("third", 250)};
  EXPECT_EQ(baseline_fps(all), 100);
  EXPECT_THAT(ladder_text(all), HasSubstr("2.50×"));
}

TEST(LadderReport, SaysWhyARungWasNotMeasuredAndDrawsNoBarOfIt) {
  std::vector<Climbed> all{rung("first", 100), rung("second", 7, "interrupted")};
  std::string text = ladder_text(all);
  EXPECT_THAT(text, HasSubstr("second           not measured: interrupted\n"));
  EXPECT_THAT(text.substr(text.find("Performance difference")), Not(HasSubstr("second")));
  const Page page = ladder_page({}, all);
  EXPECT_EQ(std::get<Chart>(page.sections.front()).categories, std::vector<std::string>{"first"});
}

TEST(LadderReport, DrawsNoChartOfNothing) {
  std::vector<Climbed> all{rung("first", 100, "every frame failed")};
  EXPECT_EQ(baseline_fps(all), 0);
  EXPECT_THAT(ladder_text(all), Not(HasSubstr("Performance difference")));
  EXPECT_EQ(ladder_page({}, all).sections.size(), 1U) << "the table";
}

TEST(LadderReport, TellsAModelThatFailsFromOneThatCannotRun) {
  std::vector<Climbed> all{rung("first", 0, "no such file"), rung("second", 0, "the inference failed")};
  EXPECT_EQ(check_measured({}, all).error().code, ErrorCode::model_unusable);
  all[1].code = ErrorCode::engine_failed;
  EXPECT_EQ(check_measured({}, all).error().code, ErrorCode::engine_failed);
  all.push_back(rung("third", 100));
  EXPECT_TRUE(check_measured({}, all));
}

TEST(LadderReport, JsonHasNumbersOnlyOfWhatRan) {
  auto json = nlohmann::json::parse(ladder_json({rung("first", 100), rung("second", 7, "interrupted")}));
  EXPECT_EQ(json["rungs"][0]["fps"], 100);
  EXPECT_EQ(json["rungs"][1]["problem"], "interrupted");
  EXPECT_FALSE(json["rungs"][1].contains("fps"));
}

}  // namespace
}  // namespace inflight::app
