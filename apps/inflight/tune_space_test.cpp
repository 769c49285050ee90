#include "tune_space.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <set>

namespace inflight::app {
namespace {

using testing::UnorderedElementsAre;

std::vector<TuneSetting> space_on(const std::string& device, int cores) {
  Options options;
  options.device = device;
  return tune_space(options, {cores, "f32"});
}

std::set<std::string> values(const std::vector<TuneSetting>& space, const std::string& name) {
  std::set<std::string> all;
  for (const TuneSetting& setting : space)
    for (const auto& [key, value] : setting.settings)
      if (key == name) all.insert(value);
  return all;
}

TEST(TuneSpace, TriesPowersOfTwoAndAllCoresAsStreams) {
  EXPECT_THAT(values(space_on("sim:", 6), "streams"), UnorderedElementsAre("1", "2", "4", "6"));
  EXPECT_THAT(values(space_on("sim:", 1), "streams"), UnorderedElementsAre("1"));
}

TEST(TuneSpace, LeavesACoreToTheRestWhereThereIsMoreThanOne) {
  EXPECT_THAT(values(space_on("sim:", 4), "threads"), UnorderedElementsAre("3"));
  EXPECT_TRUE(values(space_on("sim:", 1), "threads").empty());
}

TEST(TuneSpace, GathersBatchesOnPlainDevicesOnly) {
  EXPECT_THAT(values(space_on("sim:", 2), "device"), UnorderedElementsAre("BATCH:sim:(4)", "BATCH:sim:(8)"));
  for (const char* device : {"AUTO:sim:,sim:", "MULTI:sim:,sim:", "BATCH:sim:(2)"})
    EXPECT_TRUE(values(space_on(device, 2), "device").empty()) << device;
}

TEST(TuneSpace, FillsEveryStreamAndEveryBatch) {
  for (const TuneSetting& setting : space_on("sim:", 8)) {
    std::map<std::string, std::string> of(setting.settings.begin(), setting.settings.end());
    int batch = of.contains("device") ? (of["device"].ends_with("(8)") ? 8 : 4) : 1;
    EXPECT_GE(std::stoi(of["requests"]), batch * std::stoi(of["streams"])) << to_arguments(setting.settings);
  }
}

TEST(TuneSpace, SettingsThatCompileAlikeShareAModelAndOthersDoNot) {
  std::map<std::string, std::set<std::string>> compiled;  // by model: what decides the compilation
  for (const TuneSetting& setting : space_on("sim:", 2)) {
    Settings rest = setting.settings;
    std::erase_if(rest, [](const auto& pair) { return pair.first == "requests" || pair.first == "decode-threads"; });
    compiled[setting.model].insert(to_arguments(rest));
  }
  std::set<std::string> all;
  for (const auto& [model, arguments] : compiled) {
    EXPECT_EQ(arguments.size(), 1U) << model;
    EXPECT_TRUE(all.insert(*arguments.begin()).second) << *arguments.begin();
  }
}

TEST(TuneSpace, NamesNoSettingTwice) {
  std::set<std::string> all;
  for (const TuneSetting& setting : space_on("sim:", 4))
    EXPECT_TRUE(all.insert(to_arguments(setting.settings)).second) << to_arguments(setting.settings);
}

TEST(TuneSpace, IsOfOptionsThatRunTakes) {
  for (const TuneSetting& setting : space_on("sim:", 2)) {
    Result<Options> with = with_arguments({}, to_arguments(setting.settings));
    EXPECT_TRUE(with) << with.error().message;
  }
}

}  // namespace
}  // namespace inflight::app
