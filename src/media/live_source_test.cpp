#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <future>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "media_test_kit.hpp"
#include "network_test_kit.hpp"
#include "sources.hpp"

namespace inflight::test {
namespace {

using std::chrono::milliseconds;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr std::uint64_t kSent = 40;

/// Pictures as they are, so that neither demuxer nor decoder holds one back: after `kSent`, a read must wait.
std::string raw_video() {
  std::string video = "YUV4MPEG2 W64 H64 F25:1 Ip A1:1 C420jpeg\n";
  for (std::uint64_t i = 0; i < kSent; ++i) video += "FRAME\n" + std::string(std::size_t{64} * 64 * 3 / 2, '\x60');
  return video;
}

TEST(LiveSource, GivesWhatHasArrivedWithoutWaitingForMore) {
  TcpServer camera(raw_video());
  auto source = media::open_video(camera.url(), {});
  ASSERT_TRUE(source) << source.error().message;
  EXPECT_EQ((*source)->info().frames, std::nullopt);
  EXPECT_EQ((*source)->info().size, (Size{64, 64}));
  Frame frame;
  for (std::uint64_t i = 0; i < kSent; ++i) {
    ASSERT_TRUE(*(*source)->read(frame));
    EXPECT_EQ(frame.id, i);
  }
}

TEST(LiveSource, EndsAReadThatWaitsWhenInterrupted) {
  TcpServer camera(raw_video());
  auto source = media::open_video(camera.url(), {});
  ASSERT_TRUE(source) << source.error().message;
  Frame frame;
  for (std::uint64_t i = 0; i < kSent; ++i) ASSERT_TRUE(*(*source)->read(frame));

  std::atomic<bool> reading{false};
  Result<bool> last = true;
  std::thread reader([&] {
    reading = true;
    reading.notify_one();
    Frame none;
    last = (*source)->read(none);
  });
  reading.wait(false);
  // Long enough for the reader to get to the socket; were it not there yet, the test would be easier, not wrong.
  EXPECT_EQ(read_all("synthetic:320x240,frames=200").frames.size(), 200U);
  (*source)->interrupt();
  reader.join();  // would never come back
  ASSERT_TRUE(last) << last.error().message;
  EXPECT_FALSE(*last);
}

TEST(LiveSource, GivesUpAnAddressThatDoesNotAnswer) {
  TcpServer silent("");
  auto source = media::open_video(silent.url(), {}, milliseconds(50));
  ASSERT_FALSE(source);
  EXPECT_EQ(source.error().code, ErrorCode::unreadable_input);
  EXPECT_THAT(source.error().message, HasSubstr("does not answer"));
}

TEST(LiveSource, IsGivenUpWhileItIsOpenedWhenAsked) {
  TcpServer silent("");
  std::stop_source stop;
  SourceOptions options;
  options.stop_opening = stop.get_token();
  auto opening = std::async(std::launch::async, [&] { return open_source(silent.url(), options); });
  silent.await_client();  // now it waits for the first byte
  stop.request_stop();
  auto source = opening.get();
  ASSERT_FALSE(source);
  EXPECT_EQ(source.error().code, ErrorCode::cancelled) << source.error().message;
  EXPECT_THAT(source.error().message, HasSubstr(silent.url()));
}

TEST(LiveSource, IsNotEndedByWhatStopsTheOpeningOnceItIsOpen) {
  TcpServer camera(raw_video());
  std::stop_source stop;
  SourceOptions options;
  options.stop_opening = stop.get_token();
  auto source = must_open(camera.url(), options);
  stop.request_stop();
  Frame frame;
  for (std::uint64_t i = 0; i < kSent; ++i) ASSERT_TRUE(*source->read(frame));
}

TEST(LiveSource, NamesAnAddressWhereNobodyListens) {
  std::string url;
  {
    url = TcpServer("").url();
  }
  auto source = media::open_video(url, {});
  ASSERT_FALSE(source);
  EXPECT_THAT(source.error().message, HasSubstr(url));
}

/// Sends everybody on to itself, with these lines.
class Redirecting {
 public:
  Redirecting(const std::string& scheme, const std::string& status)
      : server_([this, status](const Peer& peer) {
          peer.request();
          peer.send(status + "\r\nCSeq: 1\r\nContent-Length: 0\r\nConnection: close\r\nLocation: " + url_.get() +
                    "\r\n\r\n");
        }) {
    address_ = server_.url(scheme) + "/x";
    told_.set_value(address_);
  }
  const std::string& url() const { return address_; }
  int clients() const { return server_.clients(); }

 private:
  std::promise<std::string> told_;
  std::shared_future<std::string> url_ = told_.get_future().share();
  std::string address_;
  TcpServer server_;
};

TEST(LiveSource, FollowsAServerThatRedirectsToItselfOnlySoOften) {
  for (auto [scheme, status] : {std::pair("rtsp", "RTSP/1.0 302 Found"), std::pair("http", "HTTP/1.1 302 Found")}) {
    Redirecting server(scheme, status);
    auto source = media::open_video(server.url(), {});
    ASSERT_FALSE(source);
    EXPECT_EQ(source.error().code, ErrorCode::unreadable_input);
    EXPECT_THAT(source.error().message,
                AllOf(HasSubstr(server.url()), HasSubstr("from one address to the next without end")));
    EXPECT_LE(server.clients(), 20) << scheme;
  }
}

TEST(LiveSource, GathersNoPartOfGigabytes) {
  std::atomic<int> megabytes{0};
  TcpServer camera([&](const Peer& peer) {
    peer.request();
    bool heard = peer.send(
        "HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\n\r\n"
        "--b\r\nContent-Type: image/jpeg\r\nContent-Length: 2147483647\r\n\r\n");
    for (std::string part(1 << 20, '\0'); heard && megabytes < 2000; ++megabytes) heard = peer.send(part);
  });
  auto source = media::open_video(camera.url("http"), {});
  ASSERT_FALSE(source);
  EXPECT_THAT(source.error().message, HasSubstr("a part of what it sends claims more than 64 MiB"));
  EXPECT_LT(megabytes, 100);
}

TEST(LiveSource, SaysThatAServerFellSilentWhereverItDoes) {
  const std::string video = contents(kVideo);
  for (std::size_t sent : {std::size_t{0}, std::size_t{100}, std::size_t{30'000}, std::size_t{60'000}}) {
    TcpServer server([&](const Peer& peer) {
      peer.request();
      if (peer.send("HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\nContent-Length: " + std::to_string(video.size()) +
                    "\r\n\r\n" + video.substr(0, sent)))
        peer.keep_silent();
    });
    SourceOptions options;
    options.stall_after = milliseconds(150);
    auto source = media::open_video(server.url("http"), options, milliseconds(150));
    std::string said = source ? read_all(**source, 0).error.message : source.error().message;
    EXPECT_THAT(said, testing::AnyOf(HasSubstr("does not answer"), HasSubstr("nothing came for 0.15 s"))) << sent;
  }
}

/// What happened to a source, and how it ended.
struct Watched {
  explicit Watched(Source& source, std::size_t keep = 1000) {
    source.on_event([this](const SourceEvent& event) {
      kinds.push_back(event.kind);
      texts.push_back(event.text);
    });
    reading = read_all(source, keep);
  }
  std::vector<std::string> kinds, texts;
  Reading reading;
};

/// So that reconnecting takes no time worth mentioning.
SourceOptions impatient() {
  SourceOptions options;
  options.stall_after = milliseconds(150);
  options.first_backoff = options.longest_backoff = milliseconds(1);
  return options;
}

std::vector<std::uint64_t> first_ids(std::uint64_t count) {
  std::vector<std::uint64_t> all(count);
  for (std::uint64_t i = 0; i < count; ++i) all[i] = i;
  return all;
}

TEST(LiveSource, IsOpenedAgainWhenTheOtherSideHangsUp) {
  TcpServer camera(raw_video(), false);
  SourceOptions options = impatient();
  options.limit = 2 * kSent + 5;
  auto source = must_open(camera.url(), options);
  EXPECT_TRUE(source->is_live());
  Watched watched(*source);
  EXPECT_FALSE(watched.reading.failed) << watched.reading.error.message;
  EXPECT_EQ(ids(watched.reading), first_ids(2 * kSent + 5));
  EXPECT_THAT(watched.kinds, ElementsAre("source_lost", "source_reconnected", "source_lost", "source_reconnected"));
  EXPECT_EQ(camera.clients(), 3);
}

TEST(LiveSource, IsOpenedAgainWhenItFallsSilent) {
  TcpServer camera(raw_video());
  SourceOptions options = impatient();
  options.limit = kSent + 1;
  auto source = must_open(camera.url(), options);
  Watched watched(*source);
  EXPECT_EQ(ids(watched.reading), first_ids(kSent + 1));
  EXPECT_THAT(watched.kinds, ElementsAre("source_stalled", "source_reconnected"));
  EXPECT_THAT(watched.texts[0], AllOf(HasSubstr(camera.url()), HasSubstr("nothing came for 0.15 s")));
}

TEST(LiveSource, EndsWithAnErrorWhereItFallsSilentAndIsNotToBeOpenedAgain) {
  TcpServer camera(raw_video());
  SourceOptions options = impatient();
  options.reconnects = 0;
  Watched watched(*must_open(camera.url(), options));
  EXPECT_EQ(watched.reading.frames.size(), kSent);
  EXPECT_TRUE(watched.reading.failed);
  EXPECT_THAT(watched.reading.error.message, HasSubstr("nothing came"));
  EXPECT_THAT(watched.kinds, ElementsAre("source_stalled"));
}

TEST(LiveSource, EndsWhereTheCameraIsGoneForGood) {
  auto camera = std::make_unique<TcpServer>(raw_video());
  SourceOptions options = impatient();
  options.reconnects = 3;
  auto source = must_open(camera->url(), options);
  Frame frame;
  for (std::uint64_t i = 0; i < kSent; ++i) ASSERT_TRUE(*source->read(frame));
  camera.reset();
  Watched watched(*source);
  EXPECT_TRUE(watched.reading.frames.empty());
  EXPECT_TRUE(watched.reading.failed);
  EXPECT_THAT(watched.reading.error.message, AllOf(HasSubstr("connection refused"), HasSubstr("3 tries")));
}

TEST(LiveSource, SurvivesGarbageFromACameraThatCameBack) {
  std::atomic<int> client{0};
  TcpServer camera([&](const Peer& peer) {
    bool sound = client++ % 2 == 0;
    peer.send(sound ? raw_video() : std::string(100'000, '\x5a'));
  });
  SourceOptions options = impatient();
  options.limit = kSent + 10;
  Watched watched(*must_open(camera.url(), options));
  EXPECT_FALSE(watched.reading.failed) << watched.reading.error.message;
  EXPECT_EQ(ids(watched.reading), first_ids(kSent + 10));
  EXPECT_THAT(watched.kinds, ElementsAre("source_lost", "source_reconnected"));
  EXPECT_THAT(watched.texts[1], HasSubstr("2 tries"));
}

/// A web server with one document.
TcpServer::Talk document(const std::string& head, const std::string& body) {
  return [=](const Peer& peer) {
    if (!peer.request().empty()) peer.send("HTTP/1.1 200 OK\r\n" + head + "Connection: close\r\n\r\n" + body);
  };
}

TEST(LiveSource, IsNoRecordingOnAWebServerWhichEnds) {
  Folder folder;
  ASSERT_TRUE(write_video("synthetic:64x48,frames=12", folder / "clip.mkv"));
  std::string film = contents(folder / "clip.mkv");
  TcpServer server(document("Content-Length: " + std::to_string(film.size()) + "\r\n", film));
  auto source = must_open(server.url("http") + "/clip.mkv", impatient());
  EXPECT_FALSE(source->is_live());
  Watched watched(*source);
  EXPECT_FALSE(watched.reading.failed) << watched.reading.error.message;
  EXPECT_EQ(watched.reading.frames.size(), 12U);
  EXPECT_TRUE(watched.kinds.empty());
}

TEST(LiveSource, MayComeFromAWebServerWithoutEnd) {
  TcpServer server(document("", raw_video()));
  SourceOptions options = impatient();
  options.limit = kSent + 1;
  auto source = must_open(server.url("http"), options);
  EXPECT_TRUE(source->is_live());
  Watched watched(*source);
  EXPECT_EQ(ids(watched.reading), first_ids(kSent + 1));
  EXPECT_THAT(watched.kinds, ElementsAre("source_lost", "source_reconnected"));
}

TEST(LiveSource, MayBeSentInDatagrams) {
  Folder folder;
  ASSERT_TRUE(write_video("synthetic:64x48,frames=100", folder / "clip.ts"));
  const std::string stream = contents(folder / "clip.ts");
  UdpSender camera;
  std::atomic<bool> over{false};
  std::thread sending([&] {
    // Again and again, for nobody knows when the other side begins to listen; at the pace of a brisk camera.
    for (std::size_t at = 0; !over; at = at + 1316 < stream.size() ? at + 1316 : 0) {
      camera.send(stream.substr(at, 1316));
      std::this_thread::yield();
    }
  });
  SourceOptions options = impatient();
  options.limit = 50;
  auto source = open_source(camera.url(), options);
  EXPECT_TRUE(source) << source.error().message;
  Reading reading = source ? read_all(**source) : Reading{};
  over = true;
  sending.join();
  EXPECT_FALSE(reading.failed) << reading.error.message;
  EXPECT_EQ(reading.frames.size(), 50U);
}

/// An RTSP server that answers every request with `status`.
TcpServer::Talk rtsp_answer(const std::string& status, const std::string& head = "") {
  return [=](const Peer& peer) {
    for (std::string asked = peer.request(); !asked.empty(); asked = peer.request()) {
      std::size_t number = asked.find("CSeq: ");
      std::string sequence = asked.substr(number, asked.find("\r\n", number) - number);
      peer.send("RTSP/1.0 " + status + "\r\n" + sequence + "\r\n" + head + "\r\n");
    }
  };
}

std::string refusal(const std::string& url) {
  auto source = open_source(url);
  EXPECT_FALSE(source) << url;
  return source ? "" : source.error().message;
}

TEST(LiveSource, SaysThatItWantsAPasswordAndNeverShowsOne) {
  TcpServer camera(rtsp_answer("401 Unauthorized", "WWW-Authenticate: Basic realm=\"camera\"\r\n"));
  EXPECT_THAT(refusal(camera.url("rtsp") + "/1"), AllOf(HasSubstr(camera.url("rtsp")), HasSubstr("wants a user name")));
  std::string with_password = camera.url("rtsp").insert(7, "user:secret@");
  EXPECT_THAT(refusal(with_password), AllOf(HasSubstr("://***@"), HasSubstr("refuses"), Not(HasSubstr("secret"))));
}

TEST(LiveSource, SaysThatNothingIsUnderItsPath) {
  TcpServer camera(rtsp_answer("404 Not Found"));
  EXPECT_THAT(refusal(camera.url("rtsp") + "/1"), HasSubstr("404"));
}

TEST(LiveSource, SaysWhatItGetsIsNoVideo) {
  TcpServer garbage(std::string(200'000, '\x5a'), false);
  EXPECT_THAT(refusal(garbage.url("rtsp")), HasSubstr("cannot be opened"));
  EXPECT_THAT(refusal(garbage.url("tcp")), HasSubstr("cannot be opened"));
  EXPECT_THAT(refusal(garbage.url("http")), HasSubstr("cannot be opened"));
}

TEST(LiveSource, KeepsItsPasswordToItself) {
  TcpServer camera(raw_video(), false);
  SourceOptions options = impatient();
  options.limit = kSent + 1;
  auto source = must_open(camera.url().insert(6, "user:secret@"), options);
  EXPECT_THAT(source->info().name, AllOf(HasSubstr("://***@"), Not(HasSubstr("secret"))));
  Watched watched(*source);
  ASSERT_EQ(watched.texts.size(), 2U);
  for (const std::string& text : watched.texts) EXPECT_THAT(text, Not(HasSubstr("secret")));
}

}  // namespace
}  // namespace inflight::test
