#include "reconnecting_source.hpp"

#include <gmock/gmock.h>

#include <deque>
#include <future>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "media_test_kit.hpp"

namespace inflight::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr Duration kStep = milliseconds(40);

/// What one connection does: so many frames, then this end.
struct Connection {
  std::uint64_t frames = 0;
  std::string error;       ///< empty: it just ends
  bool stalls = false;     ///< says so before its error
  bool refused = false;    ///< cannot even be opened
  bool recording = false;  ///< not live
};

using Script = std::deque<Connection>;

Connection gives(std::uint64_t frames, std::string error = "") {
  Connection made;
  made.frames = frames;
  made.error = std::move(error);
  return made;
}

Connection stalls_after(std::uint64_t frames) {
  Connection made = gives(frames, "nothing came");
  made.stalls = true;
  return made;
}

Connection refused() {
  Connection made = gives(0, "connection refused");
  made.refused = true;
  return made;
}

Connection recording_of(std::uint64_t frames) {
  Connection made = gives(frames);
  made.recording = true;
  return made;
}

class ScriptedSource final : public Source {
 public:
  ScriptedSource(Connection script, const SourceOptions& options) : script_(std::move(script)), every_(options.every) {
    info_ = {"rtsp://camera", {64, 64}, 25, std::nullopt};
  }
  const SourceInfo& info() const noexcept override { return info_; }
  bool is_live() const noexcept override { return !script_.recording; }
  void on_event(std::function<void(const SourceEvent&)> told) override { told_ = std::move(told); }

  Result<bool> read(Frame& frame) override {
    if (given_ < script_.frames) {
      frame = Frame::allocate({2, 2});
      frame.id = every_ * given_++;
      frame.timestamp = kStep * frame.id;
      return true;
    }
    if (script_.stalls) told_({"source_stalled", "rtsp://camera: nothing came"});
    if (script_.error.empty()) return false;
    return fail(ErrorCode::unreadable_input, "rtsp://camera: " + script_.error);
  }

 private:
  const Connection script_;
  const std::uint64_t every_;
  SourceInfo info_;
  std::function<void(const SourceEvent&)> told_;
  std::uint64_t given_ = 0;
};

/// A camera with a script, the last line of which repeats for ever; simulated time passes by itself.
class Camera {
 public:
  explicit Camera(Script script) : script_(std::move(script)) {}

  Result<std::unique_ptr<Source>> open(SourceOptions options = {}) {
    auto opened = media::open_reconnecting([this](const SourceOptions& now) { return connect(now); }, options, clock);
    if (opened) (*opened)->on_event([this](const SourceEvent& event) { tell(event); });
    return opened;
  }

  VirtualClock clock;
  std::vector<TimePoint> opened_at;
  std::vector<SourceOptions> opened_with;
  std::vector<std::string> kinds, texts;  ///< of events

 private:
  Result<std::unique_ptr<Source>> connect(const SourceOptions& options) {
    opened_at.push_back(clock.now());
    opened_with.push_back(options);
    Connection next = script_.front();
    if (script_.size() > 1) script_.pop_front();
    if (next.refused) return fail(ErrorCode::unreadable_input, "rtsp://camera: cannot be opened: " + next.error);
    return std::make_unique<ScriptedSource>(next, options);
  }

  void tell(const SourceEvent& event) {
    kinds.push_back(event.kind);
    texts.push_back(event.text);
  }

  Script script_;
  std::shared_ptr<void> driven_ = clock.drive();
};

constexpr const char* kLost = "source_lost";
constexpr const char* kStalled = "source_stalled";
constexpr const char* kBack = "source_reconnected";

SourceOptions limited(std::uint64_t limit) {
  SourceOptions options;
  options.limit = limit;
  return options;
}

TEST(ReconnectingSource, GoesOnWithNumbersAndTimesAfterTheConnectionWasLost) {
  Camera camera(Script{gives(3), gives(2, "reset by peer"), gives(9)});
  auto source = camera.open(limited(7));
  Reading reading = read_all(**source);
  EXPECT_FALSE(reading.failed) << reading.error.message;
  EXPECT_THAT(ids(reading), ElementsAre(0, 1, 2, 3, 4, 5, 6));
  for (std::size_t i = 1; i < reading.frames.size(); ++i) {
    EXPECT_GT(reading.frames[i].timestamp, reading.frames[i - 1].timestamp) << i;
  }
  EXPECT_EQ(reading.frames[3].timestamp - reading.frames[2].timestamp, milliseconds(500));  // as long as it was away
  EXPECT_THAT(camera.kinds, ElementsAre(kLost, kBack, kLost, kBack));
  EXPECT_THAT(camera.texts[0], HasSubstr("rtsp://camera: lost: the stream ended"));
  EXPECT_THAT(camera.texts[1], HasSubstr("back after 0.5 s and 1 try"));
  EXPECT_THAT(camera.texts[2], HasSubstr("reset by peer"));
}

TEST(ReconnectingSource, WaitsTwiceAsLongBeforeEachTryUpToTheLongest) {
  Camera camera(Script{gives(1), refused(), refused(), refused(), refused(), gives(1)});
  SourceOptions options = limited(2);
  options.first_backoff = seconds(1);
  options.longest_backoff = seconds(5);
  auto source = camera.open(options);
  EXPECT_THAT(ids(read_all(**source)), ElementsAre(0, 1));
  std::vector<Duration> pauses;
  for (std::size_t i = 1; i < camera.opened_at.size(); ++i) {
    pauses.push_back(camera.opened_at[i] - camera.opened_at[i - 1]);
  }
  EXPECT_THAT(pauses, ElementsAre(seconds(1), seconds(2), seconds(4), seconds(5), seconds(5)));
  EXPECT_THAT(camera.kinds, ElementsAre(kLost, kBack));
  EXPECT_THAT(camera.texts[1], HasSubstr("17.0 s and 5 tries"));
}

TEST(ReconnectingSource, BeginsAnewWithItsPausesAfterAFrame) {
  Camera camera(Script{gives(1), refused(), gives(1), gives(1)});
  auto source = camera.open(limited(3));
  EXPECT_EQ(read_all(**source).frames.size(), 3U);
  EXPECT_EQ(camera.opened_at[2] - camera.opened_at[1], seconds(1));
  EXPECT_EQ(camera.opened_at[3] - camera.opened_at[2], milliseconds(500));
}

TEST(ReconnectingSource, EndsWithTheLastErrorAfterAsManyTriesAsAllowed) {
  Camera camera(Script{gives(2), refused()});
  SourceOptions options;
  options.reconnects = 3;
  auto source = camera.open(options);
  Reading reading = read_all(**source);
  EXPECT_THAT(ids(reading), ElementsAre(0, 1));
  ASSERT_TRUE(reading.failed);
  EXPECT_EQ(reading.error.code, ErrorCode::unreadable_input);
  EXPECT_THAT(reading.error.message, HasSubstr("connection refused"));
  EXPECT_THAT(reading.error.message, HasSubstr("3 tries"));
  EXPECT_EQ(camera.opened_at.size(), 4U);
  EXPECT_THAT(camera.kinds, ElementsAre(kLost));
  Frame none;
  EXPECT_FALSE(*(*source)->read(none));  // and has ended
}

TEST(ReconnectingSource, CountsAConnectionWithoutPicturesAsATry) {
  Camera camera(Script{gives(1), gives(0, "not one picture could be decoded")});
  SourceOptions options;
  options.reconnects = 4;
  auto source = camera.open(options);
  Reading reading = read_all(**source);
  EXPECT_TRUE(reading.failed);
  EXPECT_THAT(reading.error.message, HasSubstr("not one picture"));
  EXPECT_EQ(camera.opened_at.size(), 5U);
  EXPECT_THAT(camera.kinds, ElementsAre(kLost));
}

TEST(ReconnectingSource, TellsAStallOnceAndAsAStall) {
  Camera camera(Script{stalls_after(1), stalls_after(0), gives(1)});
  auto source = camera.open(limited(2));
  EXPECT_THAT(ids(read_all(**source)), ElementsAre(0, 1));
  EXPECT_THAT(camera.kinds, ElementsAre(kStalled, kBack));
}

TEST(ReconnectingSource, FailsAtOnceWhereTheFirstOpeningFails) {
  Camera camera(Script{refused()});
  auto source = camera.open();
  ASSERT_FALSE(source);
  EXPECT_THAT(source.error().message, HasSubstr("connection refused"));
  EXPECT_EQ(camera.opened_at.size(), 1U);
}

TEST(ReconnectingSource, LetsARecordingEnd) {
  Camera camera(Script{recording_of(3)});
  auto source = camera.open();
  EXPECT_FALSE((*source)->is_live());
  EXPECT_THAT(ids(read_all(**source)), ElementsAre(0, 1, 2));
  EXPECT_THAT(camera.kinds, IsEmpty());
}

TEST(ReconnectingSource, EndsWithItsConnectionWhereItIsNotToBeOpenedAgain) {
  Camera camera(Script{gives(3)});
  SourceOptions options;
  options.reconnects = 0;
  auto source = camera.open(options);
  Reading reading = read_all(**source);
  EXPECT_FALSE(reading.failed);
  EXPECT_EQ(reading.frames.size(), 3U);
  EXPECT_EQ(camera.opened_at.size(), 1U);
}

TEST(ReconnectingSource, SkipsItsStartOnceAndKeepsItsRhythm) {
  Camera camera(Script{gives(2), gives(2)});
  SourceOptions options = limited(4);
  options.start = 10;
  options.every = 5;
  auto source = camera.open(options);
  EXPECT_THAT(ids(read_all(**source)), ElementsAre(0, 5, 10, 15));
  EXPECT_EQ(camera.opened_with[0].start, 10U);
  EXPECT_EQ(camera.opened_with[1].start, 0U);
  EXPECT_EQ(camera.opened_with[1].every, 5U);
}

TEST(ReconnectingSource, IsInterruptedWhileItWaitsForItsNextTry) {
  VirtualClock still;  // so the pause never ends
  std::promise<void> lost;
  auto open = [](const SourceOptions& options) -> Result<std::unique_ptr<Source>> {
    return std::make_unique<ScriptedSource>(Connection{}, options);
  };
  auto source = media::open_reconnecting(open, {}, still);
  (*source)->on_event([&](const SourceEvent&) { lost.set_value(); });
  auto last = std::async(std::launch::async, [&] {
    Frame none;
    return (*source)->read(none);
  });
  lost.get_future().wait();
  (*source)->interrupt();
  Result<bool> more = last.get();
  ASSERT_TRUE(more) << more.error().message;
  EXPECT_FALSE(*more);
}

TEST(ReconnectingSource, IsInterruptedWhileItIsOpenedAgain) {
  VirtualClock clock;
  auto driven = clock.drive();
  std::promise<void> opening;
  int opened = 0;
  auto open = [&](const SourceOptions& options) -> Result<std::unique_ptr<Source>> {
    if (opened++ == 0) return std::make_unique<ScriptedSource>(Connection{}, options);
    std::promise<void> given_up;
    std::stop_callback stopped(options.stop_opening, [&] { given_up.set_value(); });
    opening.set_value();
    given_up.get_future().wait();
    return fail(ErrorCode::cancelled, "given up");
  };
  auto source = media::open_reconnecting(open, {}, clock);
  auto last = std::async(std::launch::async, [&] {
    Frame none;
    return (*source)->read(none);
  });
  opening.get_future().wait();
  (*source)->interrupt();
  Result<bool> more = last.get();
  ASSERT_TRUE(more) << more.error().message;
  EXPECT_FALSE(*more);
}

}  // namespace
}  // namespace inflight::test
