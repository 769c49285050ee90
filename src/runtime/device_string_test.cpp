#include "device_string.hpp"

#include <gtest/gtest.h>

namespace inflight {
namespace {

using Kind = DeviceSpec::Kind;

TEST(DeviceString, TakesAPlainDeviceAsItIs) {
  for (const char* text : {"CPU", "GPU.0", "ov:CPU", "sim:latency=5ms,lanes=2"}) {
    auto spec = parse_device(text);
    ASSERT_TRUE(spec) << text;
    EXPECT_EQ(spec->kind, Kind::plain);
    EXPECT_EQ(spec->name, text);
  }
}

TEST(DeviceString, ListsTheMembersOfAuto) {
  auto spec = parse_device("AUTO:ov:GPU,-ort:CPU,ov:CPU");
  ASSERT_TRUE(spec);
  ASSERT_EQ(spec->members.size(), 3U);
  EXPECT_EQ(spec->members[0].name, "ov:GPU");
  EXPECT_TRUE(spec->members[1].excluded);
  EXPECT_EQ(spec->members[1].name, "ort:CPU");
  EXPECT_FALSE(spec->members[2].excluded);
}

TEST(DeviceString, ReadsTheSizeOfABatch) {
  auto spec = parse_device("BATCH:ov:CPU(8)");
  ASSERT_TRUE(spec);
  EXPECT_EQ(spec->kind, Kind::batch);
  EXPECT_EQ(spec->batch_size, 8);
  EXPECT_EQ(spec->members.at(0).name, "ov:CPU");
}

TEST(DeviceString, KeepsCommasTogetherInParentheses) {
  auto spec = parse_device("MULTI:(sim:latency=5ms,lanes=2),(AUTO:ov:CPU,ort:CPU),BATCH:(sim:lanes=2,load=1s)(4)");
  ASSERT_TRUE(spec) << spec.error().message;
  ASSERT_EQ(spec->members.size(), 3U);
  EXPECT_EQ(spec->members[0].name, "sim:latency=5ms,lanes=2");
  EXPECT_EQ(spec->members[1].members.size(), 2U);
  EXPECT_EQ(spec->members[2].batch_size, 4);
  EXPECT_EQ(spec->members[2].members.at(0).name, "sim:lanes=2,load=1s");
}

TEST(DeviceString, IsParsedBackFromItsText) {
  for (const char* text :
       {"AUTO", "AUTO:ov:CPU,ort:CPU", "MULTI:(sim:latency=5ms,lanes=2),ov:CPU", "AUTO:(BATCH:ov:CPU(8)),-ort:CPU",
        "PROCESS:ov:CPU", "AUTO:(PROCESS:(sim:latency=5ms,lanes=2)),ov:CPU", "BATCH:(PROCESS:ov:CPU)(4)"}) {
    auto spec = parse_device(text);
    ASSERT_TRUE(spec) << text << ": " << spec.error().message;
    EXPECT_EQ(to_string(*spec), text);
  }
}

TEST(DeviceString, TakesAProcessForAnyDevice) {
  auto spec = parse_device("AUTO:PROCESS:ov:CPU,BATCH:PROCESS:ort:CPU(4),PROCESS:BATCH:ort:CPU(8)");
  ASSERT_TRUE(spec) << spec.error().message;
  ASSERT_EQ(spec->members.size(), 3U);
  EXPECT_EQ(spec->members[0].kind, Kind::process);
  EXPECT_EQ(spec->members[0].members.at(0).name, "ov:CPU");
  EXPECT_EQ(spec->members[1].batch_size, 4);
  EXPECT_EQ(spec->members[1].members.at(0).kind, Kind::process);
  EXPECT_EQ(spec->members[2].members.at(0).batch_size, 8);
}

struct Mistake {
  const char* text;
  std::size_t caret;
};

class DeviceStringMistake : public testing::TestWithParam<Mistake> {};

TEST_P(DeviceStringMistake, IsMarkedByACaretUnderThePlace) {
  auto spec = parse_device(GetParam().text);
  ASSERT_FALSE(spec);
  EXPECT_EQ(spec.error().code, ErrorCode::invalid_argument);
  std::string last = spec.error().message.substr(spec.error().message.rfind('\n') + 1);
  EXPECT_EQ(last, "  " + std::string(GetParam().caret, ' ') + "^") << spec.error().message;
}

INSTANTIATE_TEST_SUITE_P(All, DeviceStringMistake,
                         testing::Values(Mistake{"", 0}, Mistake{"AUTO:", 5}, Mistake{"MULTI", 5},
                                         Mistake{"PROCESS", 7}, Mistake{"PROCESS:", 8}, Mistake{"ov:CPU,ort:CPU", 6},
                                         Mistake{"BATCH:ov:CPU(0)", 13}, Mistake{"BATCH:ov:CPU(x)", 13},
                                         Mistake{"AUTO:ov:CPU,,ort:CPU", 12}, Mistake{"MULTI:-ov:CPU,ort:CPU", 6},
                                         Mistake{"ov:", 3}, Mistake{":", 1}, Mistake{"CPU(2)", 3},
                                         Mistake{"AUTO:(ov:CPU", 5}));

}  // namespace
}  // namespace inflight
