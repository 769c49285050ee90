#include "choices.hpp"

#include <gtest/gtest.h>

namespace inflight::app {
namespace {

using namespace std::chrono_literals;

class ChoicesTest : public testing::Test {
 protected:
  /// The words of a command line, in the order typed. False: the command refuses them.
  bool parse(std::vector<std::string> words) {
    std::ranges::reverse(words);
    try {
      command_.parse(std::move(words));
      return true;
    } catch (const CLI::ParseError&) {
      return false;
    }
  }
  CLI::App command_;
};

TEST_F(ChoicesTest, AChoiceIsOneOfItsNames) {
  OverflowPolicy policy = OverflowPolicy::wait;
  add_choice(command_, "--overflow", policy, kOverflowPolicies);
  EXPECT_TRUE(parse({"--overflow", "drop_latest"}));
  EXPECT_EQ(policy, OverflowPolicy::drop_latest);
  EXPECT_FALSE(parse({"--overflow", "drop"}));
  EXPECT_FALSE(parse({"--overflow", ""}));
  EXPECT_EQ(policy, OverflowPolicy::drop_latest) << "what is refused changes nothing";
}

TEST_F(ChoicesTest, HelpListsTheNamesOfAChoice) {
  NmsMode mode = NmsMode::class_wise;
  EXPECT_EQ(add_choice(command_, "--nms", mode, kNmsModes)->get_option_text(), "agnostic|class");
}

TEST_F(ChoicesTest, AChoiceMayBeOptional) {
  std::optional<PerformanceHint> hint;
  add_choice(command_, "--hint", hint, kHints);
  EXPECT_TRUE(parse({}));
  EXPECT_FALSE(hint);
  EXPECT_TRUE(parse({"--hint", "tput"}));
  EXPECT_EQ(hint, PerformanceHint::throughput);
}

TEST_F(ChoicesTest, ANumberIsNotBelowItsBound) {
  int requests = 0;
  add_number(command_, "--requests", requests);
  EXPECT_TRUE(parse({"--requests", "1"}));
  EXPECT_EQ(requests, 1);
  for (const char* refused : {"0", "-1", "1.5", "four", ""}) EXPECT_FALSE(parse({"--requests", refused})) << refused;
}

TEST_F(ChoicesTest, ARepeatedTextTakesOneValueEachTime) {
  std::vector<std::string> inputs, rest;
  add_texts(command_, "-i", inputs, "FILE");
  command_.add_option("rest", rest);
  EXPECT_TRUE(parse({"-i", "a", "b", "-i", "c"}));
  EXPECT_EQ(inputs, (std::vector<std::string>{"a", "c"}));
  EXPECT_EQ(rest, std::vector<std::string>{"b"});
}

TEST_F(ChoicesTest, AShareLiesBetweenNothingAndAll) {
  float share = 0;
  add_share(command_, "--score", share);
  EXPECT_TRUE(parse({"--score", "1"}));
  EXPECT_TRUE(parse({"--score", "0"}));
  for (const char* refused : {"1.01", "-0.01", "nan", "30%"}) EXPECT_FALSE(parse({"--score", refused})) << refused;
}

TEST_F(ChoicesTest, ADurationIsAboveNothingAndHasAUnitOfItsOwn) {
  Duration set{0};
  add_duration(command_, "--time", [&](Duration time) { set = time; }, 1s);
  EXPECT_TRUE(parse({"--time", "2"}));
  EXPECT_EQ(set, 2s);
  EXPECT_TRUE(parse({"--time", "30ms"}));
  EXPECT_EQ(set, 30ms);
  for (const char* refused : {"0", "-1s", "soon"}) EXPECT_FALSE(parse({"--time", refused})) << refused;
}

}  // namespace
}  // namespace inflight::app
