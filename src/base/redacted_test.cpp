#include "redacted.hpp"

#include <gtest/gtest.h>

namespace inflight {
namespace {

TEST(Redacted, HidesWhoIsNamedBeforeTheHost) {
  const std::string cases[][2] = {
      {"rtsp://user:secret@host/path", "rtsp://***@host/path"},
      {"rtsp://user@host/path", "rtsp://***@host/path"},
      {"https://TOKEN@host", "https://***@host"},
      {"rtsp://:secret@host", "rtsp://***@host"},
      {"rtsp://user:se:cr@et@host:554/path", "rtsp://***@host:554/path"},
      {"rtsp://user:sec/ret@host/path", "rtsp://***@host/path"},
      {"rtsp://user:/secret@host/path", "rtsp://***@host/path"},
      {"rtsp://user:12/secret@host/path", "rtsp://***@host/path"},
      {"rtsp://SEC/RET@host/path", "rtsp://***@host/path"},
      {"rtsp://user:sec?r#et@host/path", "rtsp://***@host/path"},
      {"rtsp://SEC?RET@host/path", "rtsp://***@host/path"},
      {"rtsp://user:my secret@host/path", "rtsp://***@host/path"},
      {"https://user:s%40cret@[fe80::1]:80/a", "https://***@[fe80::1]:80/a"},
  };
  for (const auto& [spec, shown] : cases) EXPECT_EQ(redacted(spec), shown);
}

TEST(Redacted, HidesEveryValueOfAQuery) {
  const std::string cases[][2] = {
      {"http://host/cgi?user=admin&password=secret&channel=1", "http://host/cgi?user=***&password=***&channel=***"},
      {"http://host/?X-Amz-Signature=secret;sig=secret#token=secret",
       "http://host/?X-Amz-Signature=***;sig=***#token=***"},
      {"http://host/?p%61ss=secret", "http://host/?p%61ss=***"},
      {"http://host/?pass=sec=re/t?", "http://host/?pass=***"},
      {"http://host/?secret", "http://host/?***"},
      {"http://host?secret&a=secret", "http://host?***&a=***"},
      {"http://host/#secret", "http://host/#***"},
      {"rtsp://host/user=admin&password=secret/live", "rtsp://host/user=***&password=***/live"},
      {"rtsp://u:p@host/path?a=secret@x", "rtsp://***@host/path?a=***"},
      {"http://host/path?mail=a@b", "http://host/path?mail=***"},
  };
  for (const auto& [spec, shown] : cases) EXPECT_EQ(redacted(spec), shown);
}

TEST(Redacted, HidesTheSameInAnAddressThatIsMistyped) {
  const std::string cases[][2] = {
      {"http:/user:secret@host/path", "http:/***@host/path"},
      {"http:///user:secret@host/path", "http:///***@host/path"},
      {"user:secret@host/path", "***@host/path"},
      {"cars=https://user:secret@host/m.onnx?sig=secret", "cars=https://***@host/m.onnx?sig=***"},
      {"--input=rtsp://user:secret@host", "--input=rtsp://***@host"},
      {"concat:http://u:secret@host/a|http://u:secret@host/b", "concat:http://***@host/b"},
  };
  for (const auto& [spec, shown] : cases) EXPECT_EQ(redacted(spec), shown);
}

TEST(Redacted, LeavesEverythingElseAsItIs) {
  for (const std::string spec :
       {"rtsp://host:554/path", "udp://@239.0.0.1:1234", "rtsp://[fe80::1]:554/a", "http://host:8080/a/b.mp4",
        "folder/a:b@c.mp4", "a@b.mp4", "file:///videos/a@b=c?d.mp4", "C:/a@b.mp4", "synthetic:64x64,frames=3",
        "/dev/video0", "videos/*.mp4", ""})
    EXPECT_EQ(redacted(spec), spec);
}

TEST(Redacted, FindsEveryAddressOfAText) {
  EXPECT_EQ(redacted_text("\"rtsp://u:secret@a/b\" is not http://c?secret, they say (https://d/e=secret)"),
            "\"rtsp://***@a/b\" is not http://c?*** they say (https://d/e=***)");
  EXPECT_EQ(redacted_text("nothing: to hide"), "nothing: to hide");
}

TEST(Redacted, StaysAsItIsWhenItIsHiddenAgain) {
  for (const std::string spec : {"rtsp://u:secret@host/a=secret?b=secret&secret", "http:/TOKEN@host", "u:secret@host"})
    EXPECT_EQ(redacted(redacted(spec)), redacted(spec));
}

}  // namespace
}  // namespace inflight
