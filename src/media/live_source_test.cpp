#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <sys/socket.h>

#include <chrono>
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

  std::string url() const { return "tcp://127.0.0.1:" + std::to_string(port_); }

 private:
  void serve() {
    client_ = ::accept(listener_, nullptr, nullptr);
    if (client_ >= 0) ::send(client_, bytes_.data(), bytes_.size(), MSG_NOSIGNAL);
  }

  const std::string bytes_;
  int listener_;
  int client_ = -1;
  int port_ = 0;
  std::thread server_;
};

std::string some_video() {
  Folder folder;
  EXPECT_TRUE(write_video("synthetic:320x240,frames=150,fps=25", folder / "a.ts"));
  return contents(folder / "a.ts");
}

TEST(LiveSource, EndsAReadThatWaitsWhenInterrupted) {
  StalledCamera camera(some_video());
  // FFmpeg would look at 5 s of video before it believes in its rate; that is in what the camera sent.
  auto source = media::open_video(camera.url(), {});
  ASSERT_TRUE(source) << source.error().message;
  EXPECT_EQ((*source)->info().frames, std::nullopt);
  Frame frame;
  ASSERT_TRUE(*(*source)->read(frame));

  Reading rest;
  std::thread reader([&] { rest = read_all(**source, 0); });  // sooner or later it waits for the camera
  (*source)->interrupt();
  reader.join();  // would hang here
  EXPECT_FALSE(rest.failed) << rest.error.message;
}

TEST(LiveSource, EndsAReadThatIsAlreadyWaiting) {
  StalledCamera camera(some_video());
  auto source = media::open_video(camera.url(), {});
  ASSERT_TRUE(source) << source.error().message;
  std::atomic<int> seen{0};
  std::thread reader([&] {
    Frame frame;
    for (auto more = (*source)->read(frame); more && *more; more = (*source)->read(frame)) {
      ++seen;
      seen.notify_one();
    }
  });
  // The decoder holds the last pictures back, so that after these the reader waits in the socket, or is about to.
  for (int n = 0; n < 140; n = seen) seen.wait(n);
  (*source)->interrupt();
  reader.join();
  EXPECT_GE(seen, 140);
}

TEST(LiveSource, GivesUpAnAddressThatDoesNotAnswer) {
  StalledCamera silent("");
  auto source = media::open_video(silent.url(), {}, std::chrono::milliseconds(50));
  ASSERT_FALSE(source);
  EXPECT_EQ(source.error().code, ErrorCode::unreadable_input);
  EXPECT_THAT(source.error().message, HasSubstr("does not answer"));
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
