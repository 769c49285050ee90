#include "configuration.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace inflight::app {
namespace {

class ConfigurationTest : public testing::Test {
 protected:
  ConfigurationTest() { std::filesystem::create_directories(folder_); }
  ~ConfigurationTest() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  std::string file(const std::string& name, const std::string& text) const {
    std::ofstream(path(name)) << text;
    return path(name);
  }

 private:
  std::filesystem::path folder_ =
      std::filesystem::path(testing::TempDir()) / ("inflight-configuration-" + std::to_string(getpid()));
};

TEST(ToArguments, WritesSettingsAsOptions) {
  EXPECT_EQ(to_arguments({}), "");
  EXPECT_EQ(to_arguments({{"streams", "2"}, {"device", "BATCH:ov:CPU(4)"}}), "--streams=2 --device=BATCH:ov:CPU(4)");
}

TEST(WithArguments, ChangesWhatTheyNameAndNothingElse) {
  Options base;
  base.model = "model.xml";
  base.device = "ov:CPU";
  base.pipeline.requests = 7;
  Result<Options> with = with_arguments(base, "--streams 3 --device ort:CPU");
  ASSERT_TRUE(with) << with.error().message;
  EXPECT_EQ(with->detector.compile.execution_streams, 3);
  EXPECT_EQ(with->device, "ort:CPU");
  EXPECT_EQ(with->model, "model.xml");
  EXPECT_EQ(with->pipeline.requests, 7);
}

TEST(WithArguments, NamesTheOptionThatItDoesNotKnow) {
  Result<Options> with = with_arguments({}, "--strems 3");
  ASSERT_FALSE(with);
  EXPECT_EQ(with.error().code, ErrorCode::invalid_argument);
  EXPECT_NE(with.error().message.find("--strems"), std::string::npos) << with.error().message;
}

TEST(ParseNamed, SplitsAtTheFirstEqualsSign) {
  EXPECT_EQ(parse_named("four=--requests=4").value(), std::pair(std::string("four"), std::string("--requests=4")));
  EXPECT_EQ(parse_named("plain=").value(), std::pair(std::string("plain"), std::string()));
}

TEST(ParseNamed, RefusesWhatHasNoName) {
  for (const char* text : {"", "four", "=--requests 4", "--requests=4"}) {
    auto named = parse_named(text);
    ASSERT_FALSE(named) << text;
    EXPECT_EQ(named.error().code, ErrorCode::invalid_argument);
  }
}

TEST_F(ConfigurationTest, WhatIsWrittenIsReadAgainBeforeTheWordsOfTheCommandLine) {
  const Settings settings{{"device", "AUTO:ov:CPU,ort:CPU"}, {"property", "A=B C"}, {"streams", "2"}};
  ASSERT_TRUE(write_config(path("tuned.conf"), settings, "a remark = no setting"));
  auto line = with_config_files({"run", "-m", "m.xml", "--config", path("tuned.conf"), "--streams", "3"});
  ASSERT_TRUE(line) << line.error().message;
  EXPECT_EQ(line->config_files, std::vector{path("tuned.conf")});
  EXPECT_EQ(line->words, (std::vector<std::string>{"run", "--device=AUTO:ov:CPU,ort:CPU", "--property=A=B C",
                                                   "--streams=2", "-m", "m.xml", "--streams", "3"}));
}

TEST_F(ConfigurationTest, BlankLinesRemarksAndSpacesDoNotMatter) {
  std::string config = file("c.conf", "\n  # remark\n\tstreams=2 \r\n requests =  \"4\"\n");
  auto line = with_config_files({"verify", "--config=" + config});
  ASSERT_TRUE(line) << line.error().message;
  EXPECT_EQ(line->words, (std::vector<std::string>{"verify", "--streams=2", "--requests=4"}));
}

TEST_F(ConfigurationTest, SaysWhichLineOfWhichFileIsNoSetting) {
  for (const char* text : {"streams = 2\nrequests 4\n", "streams = 2\n = 4\n"}) {
    std::string config = file("c.conf", text);
    auto words = with_config_files({"run", "--config", config});
    ASSERT_FALSE(words);
    EXPECT_EQ(words.error().code, ErrorCode::unreadable_input);
    EXPECT_NE(words.error().message.find(config + ":2: "), std::string::npos) << words.error().message;
  }
}

TEST_F(ConfigurationTest, NamesTheFileThatIsNotThere) {
  auto words = with_config_files({"run", "--config", path("none.conf")});
  ASSERT_FALSE(words);
  EXPECT_EQ(words.error().code, ErrorCode::unreadable_input);
  EXPECT_NE(words.error().message.find(path("none.conf")), std::string::npos);
}

TEST_F(ConfigurationTest, OtherCommandsKeepTheirConfig) {
  const std::vector<std::string> words{"compare", "--config", "four=--requests 4"};
  EXPECT_EQ(with_config_files(words).value().words, words);
}

}  // namespace
}  // namespace inflight::app
