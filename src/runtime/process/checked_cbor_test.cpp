#include "checked_cbor.hpp"

#include <gtest/gtest.h>

#include <string>

#include "messages.hpp"

namespace inflight {
namespace {

bool is_plain(std::string_view bytes) { return is_plain_cbor(std::as_bytes(std::span(bytes))); }

std::string times(std::size_t count, std::string_view bytes) {
  std::string all;
  for (; count > 0; --count) all += bytes;
  return all;
}

TEST(CheckedCbor, TakesWhatWeWrite) {
  EXPECT_TRUE(is_plain_cbor(encode(CompileOrder{"m", "ov:CPU", {}})));
  ModelInfo info{
      "m", {{"in", ElementType::u8, {1, 3, 4, 4}, "NCHW"}}, {{"out", ElementType::f32, {-1}, ""}}, {{"a", "b"}}};
  EXPECT_TRUE(is_plain_cbor(encode(CompiledState{info, {"ov", "ov:CPU", "bf16", 2}, 4})));
  EXPECT_TRUE(is_plain_cbor(encode(ForwardedEvent{{{}, "ready", "d", "t", 12.5}, std::nullopt})));
}

TEST(CheckedCbor, TakesOneValueAndNothingAfterIt) {
  EXPECT_TRUE(is_plain("\x83\x01\x02\x03"));
  EXPECT_FALSE(is_plain("\x83\x01\x02")) << "one is missing";
  EXPECT_FALSE(is_plain("\x83\x01\x02\x03\x04"));
  EXPECT_FALSE(is_plain(""));
}

TEST(CheckedCbor, BoundsHowDeepValuesAreNested) {
  EXPECT_TRUE(is_plain(times(8, "\x81") + "\x01"));
  EXPECT_FALSE(is_plain(times(9, "\x81") + "\x01"));
  EXPECT_FALSE(is_plain(times(1000000, "\x81") + "\x01"));
  EXPECT_FALSE(is_plain(times(1000000, "\xa1\x61\x61") + "\x01"));
}

TEST(CheckedCbor, BoundsHowManyItemsThereAre) {
  EXPECT_TRUE(is_plain(std::string("\x9a\x00\x03\x00\x00", 5) + times(3 << 16, "\x01")));
  EXPECT_FALSE(is_plain(std::string("\x9a\x00\x05\x00\x00", 5) + times(5 << 16, "\x01")));
}

TEST(CheckedCbor, RefusesWhatTheParserWouldFollowWithoutBeingNested) {
  EXPECT_FALSE(is_plain(times(1000000, "\x7f"))) << "texts in pieces";
  EXPECT_FALSE(is_plain("\x5f\x41\x61\xff"));
  EXPECT_FALSE(is_plain("\x9f\x01\xff")) << "an array that does not tell its length";
  EXPECT_FALSE(is_plain("\xbf\xff"));
  EXPECT_FALSE(is_plain(times(1000, "\xc1") + "\x01")) << "tags";
}

TEST(CheckedCbor, RefusesLengthsBeyondTheEnd) {
  EXPECT_FALSE(is_plain("\x63\x61\x61"));
  EXPECT_FALSE(
      is_plain("\x7b\xff\xff\xff\xff\xff\xff\xff\xff"
               "a"));
  EXPECT_FALSE(is_plain("\xbb\x80\x00\x00\x00\x00\x00\x00\x00"));
  EXPECT_FALSE(is_plain("\xfb\x01")) << "half of a number";
  EXPECT_FALSE(is_plain("\x19\x01"));
}

}  // namespace
}  // namespace inflight
