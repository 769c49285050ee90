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

TEST(Address, KnowsOneThatSomethingWasLeftOutOf) {
  for (const char* broken : {"http:/host/path", "rtsp:/user:secret@host", "user:secret@host/path"}) {
    EXPECT_TRUE(is_broken_url(broken)) << broken;
  }
  for (const char* other : {"http://host", "synthetic:64x64,frames=3", "C:/video.mp4", "a b:/c.mp4", "video.mp4", ""}) {
    EXPECT_FALSE(is_broken_url(other)) << other;
  }
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
              AllOf(HasSubstr("rtsp://***@host/path"), HasSubstr("refuses"), HasSubstr("rtsp://USER:PASSWORD@HOST/…"),
                    Not(HasSubstr("secret"))));
}

TEST(Address, SaysWhatToTryWhateverTheReason) {
  for (int code : {AVERROR_HTTP_FORBIDDEN, AVERROR_HTTP_NOT_FOUND, AVERROR(ECONNREFUSED), AVERROR(EHOSTUNREACH),
                   AVERROR(EBUSY), AVERROR(EACCES), AVERROR_INVALIDDATA, AVERROR_PROTOCOL_NOT_FOUND, AVERROR(EIO)}) {
    EXPECT_THAT(refusal("rtsp://host/path", code), testing::MatchesRegex("rtsp://host/path: cannot be opened: .+; .+"));
  }
}

}  // namespace
}  // namespace inflight::media
