#include "printable.hpp"

#include <gtest/gtest.h>

namespace inflight {
namespace {

TEST(Printable, KeepsTextsAsTheyAre) {
  EXPECT_EQ(printable("ov:CPU — größer, 猫, 😀", 100), "ov:CPU — größer, 猫, 😀");
  EXPECT_EQ(printable("", 100), "");
}

TEST(Printable, ReplacesWhatIsNoUtf8) {
  EXPECT_EQ(printable("a\xff\xfe"
                      "b",
                      100),
            "a\xef\xbf\xbd\xef\xbf\xbd"
            "b");
  EXPECT_EQ(printable("\xed\xa0\x80", 100), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd") << "a surrogate";
}

TEST(Printable, StaysOnOneLineAndCommandsNoTerminal) {
  EXPECT_EQ(printable(std::string_view("a\n\x1b[31m\0z\x7f", 10), 100), "a  [31m z ");
  EXPECT_EQ(printable("\xc2\x9b"
                      "31m",
                      100),
            " 31m")
      << "the control sequence introducer in one character";
}

TEST(Printable, CutsBetweenCharacters) {
  EXPECT_EQ(printable("aöö", 3), "aö");
  EXPECT_EQ(printable("aöö", 4), "aö");
  EXPECT_EQ(printable("\xff\xff", 4), "\xef\xbf\xbd");
}

}  // namespace
}  // namespace inflight
