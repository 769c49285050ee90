#include "device_string.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

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

TEST(DeviceString, TellsTheSizeOfABatchFromADeviceInParentheses) {
  for (const char* text : {"BATCH:sim:(4)", "BATCH:(sim:)(4)", "BATCH:(AUTO:(sim:),CPU)(4)", "BATCH:(CPU)(4)"}) {
    auto spec = parse_device(text);
    ASSERT_TRUE(spec) << spec.error().message;
    EXPECT_EQ(spec->batch_size, 4) << text;
  }
  for (const char* text : {"BATCH:(CPU)", "BATCH:AUTO:CPU,(GPU)", "BATCH:PROCESS:(CPU)", "BATCH:AUTO:CPU,-(GPU)"}) {
    auto spec = parse_device(text);
    ASSERT_TRUE(spec) << spec.error().message;
    EXPECT_EQ(spec->batch_size, 0) << text;
  }
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
        "PROCESS:ov:CPU", "AUTO:(PROCESS:(sim:latency=5ms,lanes=2)),ov:CPU", "BATCH:(PROCESS:ov:CPU)(4)",
        "BATCH:(AUTO:(sim:lanes=1,rows=2),(sim:lanes=2,rows=2))", "BATCH:(AUTO:ov:CPU,ort:CPU)(4)", "BATCH:(sim:)(4)",
        "PROCESS:(BATCH:(sim:)(4))", "MULTI:(BATCH:(sim:lanes=1,rows=2)),ov:CPU"}) {
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

bool same(const DeviceSpec& a, const DeviceSpec& b) {
  return a.kind == b.kind && a.name == b.name && a.excluded == b.excluded && a.batch_size == b.batch_size &&
         std::ranges::equal(a.members, b.members, same);
}

/// Of pieces that the grammar is made of, so that many are devices and the others nearly are.
std::string random_text(std::mt19937& random) {
  constexpr std::string_view kPieces[] = {"AUTO",   "AUTO:", "MULTI:", "BATCH:", "PROCESS:", "ov:CPU", "CPU",
                                          "(sim:)", "(",     ")",      ",",      "-",        "(4)",    "(02)",
                                          "lanes=", "1",     ":",      "\x1f",   "é",        " ",      "sim:a=1,b=2"};
  std::string text;
  for (std::size_t left = 1 + random() % 9; left > 0; --left)
    text += kPieces[random() % (random() % 2 == 0 ? 7 : std::size(kPieces))];
  return text;
}

TEST(DeviceString, WhateverIsParsedIsParsedBackFromItsText) {
  std::mt19937 random(20);
  int parsed = 0;
  for (int round = 0; round < 200000; ++round) {
    std::string text = random_text(random);
    auto spec = parse_device(text);
    if (!spec) continue;
    ++parsed;
    std::string printed = to_string(*spec);
    auto again = parse_device(printed);
    ASSERT_TRUE(again) << text << " printed as " << printed << ": " << again.error().message;
    ASSERT_TRUE(same(*spec, *again)) << text << " printed as " << printed;
    ASSERT_EQ(to_string(*again), printed) << text;
  }
  EXPECT_GT(parsed, 10000);
}

TEST(DeviceString, RefusesControlCharactersAndShowsNone) {
  auto spec = parse_device("BATCH:BATCH:BATCH:\x1f");
  ASSERT_FALSE(spec);
  EXPECT_EQ(spec.error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(spec.error().message.find('\x1f'), std::string::npos);
  EXPECT_FALSE(parse_device("ov:CPU\n"));
  EXPECT_FALSE(parse_device(std::string("CPU\0", 4)));
}

TEST(DeviceString, RefusesNestingWithoutEnd) {
  std::string deep(100000, '(');
  EXPECT_FALSE(parse_device(deep + "CPU" + std::string(deep.size(), ')')));
  std::string processes;
  for (int i = 0; i < 10000; ++i) processes += "PROCESS:";
  auto spec = parse_device(processes + "CPU");
  ASSERT_FALSE(spec);
  EXPECT_THAT(spec.error().message, testing::HasSubstr("levels"));
  std::string most = processes.substr(0, 31 * std::string_view("PROCESS:").size()) + "CPU";
  ASSERT_TRUE(parse_device(most));
  EXPECT_TRUE(parse_device(to_string(*parse_device(most)))) << "its text has parentheses besides";
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
                                         Mistake{"AUTO:(ov:CPU", 5}, Mistake{"MULTI:(-ov:CPU)", 7},
                                         Mistake{"AUTO:-(BATCH:ov:CPU)", 6}, Mistake{"BATCH:(ov:CPU)(x)", 15},
                                         Mistake{"BATCH:BATCH:ov:CPU(4)", 6},
                                         Mistake{"MULTI:ov:CPU,(BATCH:(AUTO:(BATCH:CPU),CPU))", 20}));

}  // namespace
}  // namespace inflight
