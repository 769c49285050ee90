#include "address.hpp"

#include <gmock/gmock.h>

#include <string>
#include <tuple>

#include "av_support.hpp"

namespace inflight::media {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST(Redacted, HidesPasswordsAndNothingElse) {
  const std::string cases[][2] = {
      {"rtsp://user:secret@host/path", "rtsp://user:***@host/path"},
      {"rtsp://user:secret@host:554/path?a=b", "rtsp://user:***@host:554/path?a=b"},
      {"rtsp://user:se:cr@et@host/path", "rtsp://user:***@host/path"},
      {"rtsp://user:sec/ret@host/path", "rtsp://user:***@host/path"},
      {"rtsp://user:sec?r#et@host/path", "rtsp://user:***@host/path"},
      {"rtsp://:secret@host", "rtsp://:***@host"},
      {"http://host/cgi?user=admin&password=secret&channel=1", "http://host/cgi?user=admin&password=***&channel=1"},
      {"http://host/?PWD=secret#x", "http://host/?PWD=***#x"},
      {"rtsp://host/user=admin&password=secret", "rtsp://host/user=admin&password=***"},
      {"rtsp://user@host/path", "rtsp://user@host/path"},
      {"rtsp://host:554/path", "rtsp://host:554/path"},
      {"http://host:8080/a@b.mp4", "http://host:8080/a@b.mp4"},
      {"http://host/a:b@c.mp4", "http://host/a:b@c.mp4"},
      {"udp://@239.0.0.1:1234", "udp://@239.0.0.1:1234"},
      {"rtsp://[fe80::1]/a@b", "rtsp://[fe80::1]/a@b"},
      {"folder/a:b@c.mp4", "folder/a:b@c.mp4"},
      {"/dev/video0", "/dev/video0"},
      {"", ""},
  };
  for (const auto& [spec, shown] : cases) EXPECT_EQ(redacted(spec), shown);
}

TEST(Address, TellsStreamsFromRecordings) {
  for (const char* stream : {"rtsp://h", "rtsps://h", "udp://:1", "tcp://h:1", "/dev/video2"}) {
    EXPECT_TRUE(is_endless(stream)) << stream;
  }
  for (const char* other : {"http://h/a.mp4", "file:///a.mp4", "video.mp4", "a/rtsp:b"}) {
    EXPECT_FALSE(is_endless(other)) << other;
  }
}

std::string refusal(const std::string& spec, int code) { return cannot_open(spec, code).message; }

TEST(Address, SaysWhatIsWrongWithAPassword) {
  EXPECT_THAT(refusal("rtsp://host/path", AVERROR_HTTP_UNAUTHORIZED),
              AllOf(HasSubstr("rtsp://host/path"), HasSubstr("wants a user name and a password"),
                    HasSubstr("rtsp://USER:PASSWORD@HOST/…")));
  EXPECT_THAT(refusal("rtsp://user:secret@host/path", AVERROR_HTTP_UNAUTHORIZED),
              AllOf(HasSubstr("rtsp://user:***@host/path"), HasSubstr("refuses"),
                    HasSubstr("rtsp://USER:PASSWORD@HOST/…"), Not(HasSubstr("secret"))));
}

TEST(Address, SaysWhatToTryWhateverTheReason) {
  for (int code : {AVERROR_HTTP_FORBIDDEN, AVERROR_HTTP_NOT_FOUND, AVERROR(ECONNREFUSED), AVERROR(EHOSTUNREACH),
                   AVERROR(EBUSY), AVERROR(EACCES), AVERROR_INVALIDDATA, AVERROR_PROTOCOL_NOT_FOUND, AVERROR(EIO)}) {
    EXPECT_THAT(refusal("rtsp://host/path", code), testing::MatchesRegex("rtsp://host/path: cannot be opened: .+; .+"));
  }
}

}  // namespace
}  // namespace inflight::media
