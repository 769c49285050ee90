#include "quantity.hpp"

#include <gtest/gtest.h>

namespace inflight::app {
namespace {

using namespace std::chrono_literals;

TEST(ParseDuration, KnowsItsUnits) {
  for (const auto& [text, expected] : std::initializer_list<std::pair<const char*, Duration>>{
           {"7ns", 7ns}, {"250us", 250us}, {"30ms", 30ms}, {"1.5s", 1500ms}, {"2min", 2min}, {"0s", 0s}})
    EXPECT_EQ(parse_duration(text, 1s), expected) << text;
}

TEST(ParseDuration, TakesABareNumberInTheUnitOfTheOption) {
  EXPECT_EQ(parse_duration("5", 1ms), 5ms);
  EXPECT_EQ(parse_duration("0.5", 1s), 500ms);
}

TEST(ParseDuration, RefusesWhatIsNoTime) {
  for (const char* text :
       {"", "ms", "s", "-1s", "1 s", "1h", "1sm", "1s2", "nan", "nans", "inf", "1e400", "0x10s", "1,5s"})
    EXPECT_FALSE(parse_duration(text, 1s)) << text;
}

TEST(ParseDuration, RefusesMoreThanADurationHolds) {
  EXPECT_TRUE(parse_duration("8e9s", 1s));
  EXPECT_FALSE(parse_duration("9.1e9s", 1s)) << "291 years";
  EXPECT_FALSE(parse_duration("1e300min", 1s));
}

TEST(ParseRate, IsPerSecondUnlessItSaysPerMinute) {
  EXPECT_EQ(parse_rate("50"), 50);
  EXPECT_EQ(parse_rate("12.5/s"), 12.5);
  EXPECT_EQ(parse_rate("3000/min"), 50);
}

TEST(ParseRate, RefusesWhatIsNoneOrNothing) {
  for (const char* text : {"", "0", "0/s", "-5", "/s", "5/h", "5/", "five", "nan", "5/s/min"})
    EXPECT_FALSE(parse_rate(text)) << text;
}

}  // namespace
}  // namespace inflight::app
