#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <future>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "media_test_kit.hpp"
#include "sources.hpp"

namespace inflight::test {
namespace {

using testing::HasSubstr;

/// A camera that says `bytes` and then nothing more, without hanging up, until it goes away.
class StalledCamera {
 public:
  explicit StalledCamera(std::string bytes) : bytes_(std::move(bytes)), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* any = reinterpret_cast<sockaddr*>(&address);
    socklen_t length = sizeof address;
    EXPECT_EQ(::bind(listener_, any, length), 0);
    EXPECT_EQ(::listen(listener_, 1), 0);
    EXPECT_EQ(::getsockname(listener_, any, &length), 0);
    port_ = ntohs(address.sin_port);
    server_ = std::thread([this] { serve(); });
  }

  ~StalledCamera() {
    ::shutdown(listener_, SHUT_RDWR);
    server_.join();
    if (client_ >= 0) ::close(client_);
    ::close(listener_);
  }

  StalledCamera(const StalledCamera&) = delete;
  StalledCamera& operator=(const StalledCamera&) = delete;

  /// Until somebody has connected.
  void await_client() { connected_.get_future().wait(); }
  std::string url() const { return "tcp://127.0.0.1:" + std::to_string(port_); }

 private:
  void serve() {
    client_ = ::accept(listener_, nullptr, nullptr);
    connected_.set_value();
    if (client_ >= 0) ::send(client_, bytes_.data(), bytes_.size(), MSG_NOSIGNAL);
  }

  const std::string bytes_;
  std::promise<void> connected_;
  int listener_;
  int client_ = -1;
  int port_ = 0;
  std::thread server_;
};

constexpr std::uint64_t kSent = 40;

/// Pictures as they are, so that neither demuxer nor decoder holds one back: after `kSent`, a read must wait.
std::string raw_video() {
  std::string video = "YUV4MPEG2 W64 H64 F25:1 Ip A1:1 C420jpeg\n";
  for (std::uint64_t i = 0; i < kSent; ++i) video += "FRAME\n" + std::string(std::size_t{64} * 64 * 3 / 2, '\x60');
  return video;
}

TEST(LiveSource, GivesWhatHasArrivedWithoutWaitingForMore) {
  StalledCamera camera(raw_video());
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
  StalledCamera camera(raw_video());
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
  StalledCamera silent("");
  auto source = media::open_video(silent.url(), {}, std::chrono::milliseconds(50));
  ASSERT_FALSE(source);
  EXPECT_EQ(source.error().code, ErrorCode::unreadable_input);
  EXPECT_THAT(source.error().message, HasSubstr("does not answer"));
}

TEST(LiveSource, IsGivenUpWhileItIsOpenedWhenAsked) {
  StalledCamera silent("");
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
  StalledCamera camera(raw_video());
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
    url = StalledCamera("").url();
  }
  auto source = media::open_video(url, {});
  ASSERT_FALSE(source);
  EXPECT_THAT(source.error().message, HasSubstr(url));
}

}  // namespace
}  // namespace inflight::test
