#include "sim_description.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace inflight {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

TEST(SimDescription, OfNothingIsTheDefault) {
  SimDescription sim = parse_sim_description("").value();
  EXPECT_EQ(sim.name, "sim");
  EXPECT_EQ(sim.lanes, 1);
  EXPECT_EQ(sim.latency_high, 0ns);
  EXPECT_EQ(sim.input.shape, Shape({1, 3, 64, 64}));
}

TEST(SimDescription, TakesEveryKey) {
  SimDescription sim = parse_sim_description(
                           "name=slow,latency=4ms..6ms,per_item=1ms,first=20ms,load=2s,lanes=3,fail=3;7,"
                           "fail_rate=0.25,die_at=10,revive_at=20,load_fails=1,seed=9,input=2x8x8x3:f32,rows=5")
                           .value();
  EXPECT_EQ(sim.name, "slow");
  EXPECT_EQ(sim.latency_low, 4ms);
  EXPECT_EQ(sim.latency_high, 6ms);
  EXPECT_EQ(sim.per_item, 1ms);
  EXPECT_EQ(sim.first, 20ms);
  EXPECT_EQ(sim.load, 2s);
  EXPECT_EQ(sim.lanes, 3);
  EXPECT_EQ(sim.fail, (std::vector<std::uint64_t>{3, 7}));
  EXPECT_EQ(sim.fail_rate, 0.25);
  EXPECT_EQ(sim.die_at, 10U);
  EXPECT_EQ(sim.revive_at, 20U);
  EXPECT_TRUE(sim.load_fails);
  EXPECT_EQ(sim.seed, 9U);
  EXPECT_EQ(sim.input.type, ElementType::f32);
  EXPECT_EQ(sim.input.layout, "NHWC");
  EXPECT_EQ(sim.output.shape, Shape({2, 1, 5, 7})) << "as many items as the input has";
}

TEST(SimDescription, ReadsTimesInEveryUnit) {
  auto latency = [](const std::string& text) { return parse_sim_description("latency=" + text)->latency_low; };
  EXPECT_EQ(latency("250ns"), 250ns);
  EXPECT_EQ(latency("1.5us"), 1500ns);
  EXPECT_EQ(latency("0.5ms"), 500us);
  EXPECT_EQ(latency("2s"), 2s);
  EXPECT_EQ(latency("0"), 0s);
}

class BadSimDescription : public testing::TestWithParam<const char*> {};

TEST_P(BadSimDescription, IsRefusedNamingThePartThatIsWrong) {
  std::string part = GetParam();
  Result<SimDescription> sim = parse_sim_description("lanes=2," + part);
  ASSERT_FALSE(sim);
  EXPECT_EQ(sim.error().code, ErrorCode::invalid_argument);
  EXPECT_THAT(sim.error().message, HasSubstr('"' + part + '"'));
}

INSTANTIATE_TEST_SUITE_P(
    Parts, BadSimDescription,
    testing::Values("", "latency", "latency=", "latency=5", "latency=ms", "latency=-5ms", "latency=5 ms",
                    "latency=5min", "latency=6ms..4ms", "latency=4ms..", "latency=..4ms", "latency=4ms..5",
                    "latency=nans", "latency=infs", "latency=1e30s", "latency=1e400s", "per_item=x", "first=-1s",
                    "load=1", "lanes=0", "lanes=-1", "lanes=1.5", "lanes=2x", "lanes=1000000000",
                    "lanes=99999999999999999999", "fail=", "fail=;", "fail=1;", "fail=1;x", "fail=-1", "fail_rate=1.1",
                    "fail_rate=-0.1", "fail_rate=nan", "fail_rate=", "die_at=x", "revive_at=-2", "load_fails=yes",
                    "load_fails=", "seed=", "seed=1.5", "input=", "input=0x3", "input=1x-3", "input=1xx3",
                    "input=1x3:f16", "input=1x3:", "input=1x3x", "input=1x1x1x1x1x1x1x1x1",
                    "input=9000000000000000000x9", "input=100000x100000", "rows=0", "rows=-1", "rows=x",
                    "rows=9000000000000000000", "name=", "colour=red", "=5", "latency =5ms", "LATENCY=5ms"));

TEST(SimDescription, RefusesAnOutputThatOnlyItsBatchMakesTooLarge) {
  auto refused = parse_sim_description("rows=1048576,input=1048576x3x1x1");
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().message, HasSubstr("[1048576,1,1048576,7] is too large"));
}

TEST(SimDescription, NamesTheKeysThereAreForOneThatIsNot) {
  EXPECT_THAT(parse_sim_description("speed=5").error().message, HasSubstr("name, latency, per_item"));
}

}  // namespace
}  // namespace inflight
