// Sources of a real RTSP server: what it takes to lose one, and to get it back.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "inflight/media.hpp"
#include "tests/source_dir.hpp"

namespace inflight {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr int kMissing = 77;  // what the server's script ends with where there is no GStreamer
constexpr Size kSize{320, 240};

/// rtsp_server.py in a process of its own.
class Server {
 public:
  explicit Server(std::vector<std::string> arguments) : arguments_(std::move(arguments)) { start("0"); }
  ~Server() { stop(); }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  bool runs() const { return !port_.empty(); }
  /// Why it does not run.
  const std::string& reason() const { return said_; }
  bool is_missing() const { return exit_code_ == kMissing; }
  std::string url(const std::string& login = "") const { return "rtsp://" + login + "127.0.0.1:" + port_ + "/film"; }

  void restart() {
    stop();
    start(port_);
  }
  void send(int signal) const { ::kill(process_, signal); }

  /// As when its plug is pulled.
  void stop() {
    if (process_ <= 0) return;
    ::kill(process_, SIGKILL);
    wait();
  }

 private:
  void start(const std::string& port) {
    std::vector<std::string> words{INFLIGHT_RTSP_PYTHON, "-B", source_file("tests/rtsp/rtsp_server.py"), port};
    words.insert(words.end(), arguments_.begin(), arguments_.end());
    std::array<int, 2> pipe{};
    ASSERT_EQ(::pipe2(pipe.data(), O_CLOEXEC), 0);
    spawn(words, pipe[1]);
    ::close(pipe[1]);
    hear(pipe[0]);
  }

  void spawn(std::vector<std::string>& words, int output) {
    std::vector<char*> raw;
    for (std::string& word : words) raw.push_back(word.data());
    raw.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    if (::posix_spawn(&process_, raw[0], &actions, nullptr, raw.data(), environ) != 0) process_ = 0;
    ::posix_spawn_file_actions_destroy(&actions);
  }

  /// Its first line: it listens, or it has ended.
  void hear(int input) {
    said_.clear();
    char c = 0;
    while (::read(input, &c, 1) == 1 && c != '\n') said_ += c;
    ::close(input);
    if (said_.starts_with("port ")) {
      port_ = said_.substr(5);
    } else {
      wait();
    }
  }

  void wait() {
    int status = 0;
    if (process_ > 0) ::waitpid(process_, &status, 0);
    exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    process_ = 0;
  }

  const std::vector<std::string> arguments_;
  pid_t process_ = 0;
  int exit_code_ = 0;
  std::string port_, said_;
};

/// A film of our own, with as many `frames` as given, 50 per second.
fs::path make_film(const fs::path& folder, int frames) {
  fs::path path = folder / "film.mp4";
  auto source = open_source("synthetic:320x240,fps=50,frames=" + std::to_string(frames));
  VideoSinkOptions options;
  options.frames_per_second = 50;
  auto sink = open_video_sink(path, options);
  EXPECT_TRUE(source && sink);
  FrameResult result;
  while (*(*source)->read(result.frame)) EXPECT_TRUE((*sink)->write(result));
  EXPECT_TRUE((*sink)->finish());
  return path;
}

class Rtsp : public testing::Test {
 protected:
  Rtsp() {
    std::string name = (fs::temp_directory_path() / "inflight-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    options_.first_backoff = options_.longest_backoff = milliseconds(50);
  }
  ~Rtsp() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }

  void serve(int frames, const std::vector<std::string>& login = {}) {
    std::vector<std::string> arguments{make_film(folder_, frames).string()};
    arguments.insert(arguments.end(), login.begin(), login.end());
    server_ = std::make_unique<Server>(arguments);
    if (server_->runs()) return;
    ASSERT_TRUE(server_->is_missing()) << server_->reason();
    GTEST_SKIP() << "no RTSP server (tools/deps.sh rtsp installs it): " << server_->reason();
  }

  std::unique_ptr<Source> open(const std::string& url) {
    auto source = open_source(url, options_);
    EXPECT_TRUE(source) << source.error().message;
    if (!source) return nullptr;
    (*source)->on_event([this](const SourceEvent& event) { happen(event); });
    return std::move(*source);
  }

  /// The next `count` frames: without gaps, and in time.
  void expect_frames(Source& source, std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
      Frame frame;
      Result<bool> more = source.read(frame);
      ASSERT_TRUE(more) << more.error().message;
      ASSERT_TRUE(*more);
      ASSERT_EQ(frame.id, next_id_++);
      ASSERT_EQ(frame.size(), kSize);
      ASSERT_TRUE(frame.id == 0 || frame.timestamp > last_time_) << frame.id;
      last_time_ = frame.timestamp;
    }
  }

  std::string refusal(const std::string& url) {
    auto source = open_source(url, options_);
    EXPECT_FALSE(source) << url;
    return source ? "" : source.error().message;
  }

  virtual void happen(const SourceEvent& event) {
    kinds_.push_back(event.kind);
    if (event.kind == "source_stalled") server_->send(SIGCONT);
  }

  fs::path folder_;
  SourceOptions options_;
  std::unique_ptr<Server> server_;
  std::vector<std::string> kinds_;
  std::uint64_t next_id_ = 0;
  Duration last_time_{0};
};

TEST_F(Rtsp, GivesTheFramesOfAServerInOrder) {
  ASSERT_NO_FATAL_FAILURE(serve(500));
  if (IsSkipped()) return;
  auto source = open(server_->url());
  ASSERT_TRUE(source);
  EXPECT_TRUE(source->is_live());
  EXPECT_EQ(source->info().size, kSize);
  expect_frames(*source, 60);
  EXPECT_NEAR(to_seconds(last_time_), 59 / 50.0, 0.01);
  EXPECT_TRUE(kinds_.empty());
}

TEST_F(Rtsp, GoesOnWhenAServerThatWasKilledIsBack) {
  ASSERT_NO_FATAL_FAILURE(serve(1000));
  if (IsSkipped()) return;
  auto source = open(server_->url());
  ASSERT_TRUE(source);
  expect_frames(*source, 20);
  server_->restart();
  ASSERT_TRUE(server_->runs()) << server_->reason();
  expect_frames(*source, 150);
  EXPECT_THAT(kinds_, ElementsAre("source_lost", "source_reconnected"));
}

TEST_F(Rtsp, EndsWithAnErrorWhenAServerThatWasKilledStaysAway) {
  ASSERT_NO_FATAL_FAILURE(serve(1000));
  if (IsSkipped()) return;
  options_.reconnects = 2;
  auto source = open(server_->url());
  ASSERT_TRUE(source);
  server_->stop();
  Result<bool> more = true;
  for (Frame frame; more && *more;) more = source->read(frame);
  ASSERT_FALSE(more);
  EXPECT_THAT(more.error().message, AllOf(HasSubstr("connection refused"), HasSubstr("2 tries")));
}

TEST_F(Rtsp, TellsThatAServerFellSilentAndGoesOn) {
  ASSERT_NO_FATAL_FAILURE(serve(1000));
  if (IsSkipped()) return;
  options_.stall_after = milliseconds(1500);  // a busy machine may be silent for a while, too
  auto source = open(server_->url());
  ASSERT_TRUE(source);
  expect_frames(*source, 20);
  server_->send(SIGSTOP);  // woken when it was noticed
  expect_frames(*source, 150);
  EXPECT_THAT(kinds_, ElementsAre("source_stalled", "source_reconnected"));
}

TEST_F(Rtsp, BeginsAnewWhereTheServersFilmEnds) {
  ASSERT_NO_FATAL_FAILURE(serve(60));
  if (IsSkipped()) return;
  options_.stall_after = milliseconds(2000);
  auto source = open(server_->url());
  ASSERT_TRUE(source);
  expect_frames(*source, 100);
  ASSERT_EQ(kinds_.size(), 2U);
  EXPECT_EQ(kinds_[1], "source_reconnected");
}

TEST_F(Rtsp, SaysWhetherItWantsAPasswordOrRefusesIt) {
  ASSERT_NO_FATAL_FAILURE(serve(500, {"viewer", "secret"}));
  if (IsSkipped()) return;
  EXPECT_THAT(refusal(server_->url()), HasSubstr("wants a user name and a password"));
  EXPECT_THAT(refusal(server_->url("viewer:wrong@")),
              AllOf(HasSubstr("//***@"), HasSubstr("refuses"), Not(HasSubstr("wrong"))));
  auto source = open(server_->url("viewer:secret@"));
  ASSERT_TRUE(source);
  EXPECT_EQ(source->info().name, server_->url("***@"));
  expect_frames(*source, 10);
}

TEST_F(Rtsp, SaysThatThereIsNothingUnderAPathOrNobodyListens) {
  ASSERT_NO_FATAL_FAILURE(serve(50));
  if (IsSkipped()) return;
  EXPECT_THAT(refusal(server_->url() + "s"), HasSubstr("404"));
  server_->stop();
  EXPECT_THAT(refusal(server_->url()), HasSubstr("connection refused"));
}

}  // namespace
}  // namespace inflight
