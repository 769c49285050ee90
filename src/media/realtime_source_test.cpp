#include "realtime_source.hpp"

#include <gmock/gmock.h>

#include <future>
#include <thread>

#include "media_test_kit.hpp"

namespace inflight::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// `source` at the pace of a clock that runs by itself.
struct Paced {
  explicit Paced(std::unique_ptr<Source> file) : source(media::at_own_pace(std::move(file), clock)) {}

  VirtualClock clock;
  std::shared_ptr<void> driven = clock.drive();
  std::unique_ptr<Source> source;
};

/// Each frame comes at its time, and says so.
void expect_pace(Paced& paced, std::size_t frames, Duration step) {
  Frame frame;
  for (std::size_t i = 0; i < frames; ++i) {
    ASSERT_TRUE(*paced.source->read(frame));
    ASSERT_EQ(paced.clock.now(), TimePoint(step * i));
    ASSERT_EQ(frame.read_at, paced.clock.now());
    ASSERT_EQ(frame.timestamp, step * i);
  }
  ASSERT_FALSE(*paced.source->read(frame));
}

TEST(RealtimeSource, GivesFramesWhenTheyAreDue) {
  Paced paced(must_open("synthetic:64x48,frames=50,fps=20"));
  EXPECT_TRUE(paced.source->is_live());
  EXPECT_EQ(paced.source->info().frames, 50U);
  expect_pace(paced, 50, milliseconds(50));
}

TEST(RealtimeSource, KeepsThePaceOverEveryPlay) {
  SourceOptions options;
  options.loop = 3;
  Paced paced(must_open("synthetic:64x48,frames=10,fps=20", options));
  expect_pace(paced, 30, milliseconds(50));
}

TEST(RealtimeSource, GivesImagesAsIfThereWere25PerSecond) {
  Folder folder;
  for (const char* name : {"0.png", "1.png", "2.png"}) {
    write_image(folder / name, "png", AV_PIX_FMT_RGB24, {8, 8}, plain(1, 2, 3));
  }
  Paced paced(must_open(folder.path().string()));
  expect_pace(paced, 3, milliseconds(40));
}

TEST(RealtimeSource, TakesAsLongAsARealVideo) {
  SourceOptions options;
  options.limit = 40;
  Paced paced(must_open(kVideo, options));
  expect_pace(paced, 40, milliseconds(100));
}

TEST(RealtimeSource, BeginsAtOnceWhateverTheFirstFramesTimeIs) {
  SourceOptions options;
  options.start = 20;
  Paced paced(must_open("synthetic:64x48,frames=50,fps=20", options));
  Frame frame;
  ASSERT_TRUE(*paced.source->read(frame));
  EXPECT_EQ(paced.clock.now(), TimePoint());
  ASSERT_TRUE(*paced.source->read(frame));
  EXPECT_EQ(paced.clock.now(), TimePoint(milliseconds(50)));
}

TEST(RealtimeSource, LeavesNothingOutForThoseWhoAreLateAndShowsHowLate) {
  VirtualClock clock;  // moved by hand
  auto source = media::at_own_pace(must_open("synthetic:64x48,frames=50,fps=10"), clock);
  Frame frame;
  ASSERT_TRUE(*source->read(frame));
  clock.advance(milliseconds(350));
  for (std::uint64_t id = 1; id <= 3; ++id) {  // none of these reads waits: nobody moves the clock
    ASSERT_TRUE(*source->read(frame));
    EXPECT_EQ(frame.id, id);
    EXPECT_EQ(clock.now() - frame.read_at, milliseconds(350) - milliseconds(100) * id);
  }
}

/// Takes its time for every frame, by a clock moved by hand.
class SlowSource final : public Source {
 public:
  SlowSource(std::unique_ptr<Source> source, VirtualClock& clock, Duration reading)
      : source_(std::move(source)), clock_(clock), reading_(reading) {}
  const SourceInfo& info() const noexcept override { return source_->info(); }
  Result<bool> read(Frame& frame) override {
    clock_.advance(reading_);
    return source_->read(frame);
  }

 private:
  std::unique_ptr<Source> source_;
  VirtualClock& clock_;
  Duration reading_;
};

TEST(RealtimeSource, CountsTheTimeOfReadingIntoTheAgeOfAFrame) {
  VirtualClock clock;
  auto slow = std::make_unique<SlowSource>(must_open("synthetic:64x48,fps=10"), clock, milliseconds(150));
  auto source = media::at_own_pace(std::move(slow), clock);
  Frame frame;
  ASSERT_TRUE(*source->read(frame));
  EXPECT_EQ(clock.now() - frame.read_at, milliseconds(150));
  ASSERT_TRUE(*source->read(frame));  // 50 ms late by now
  EXPECT_EQ(clock.now() - frame.read_at, milliseconds(200));
}

TEST(RealtimeSource, GivesAFrameThatCannotBeReadItsTimeToo) {
  Folder folder;
  write_image(folder / "0.png", "png", AV_PIX_FMT_RGB24, {8, 8}, plain(1, 2, 3));
  store(folder / "1.png", "this is no image");
  write_image(folder / "2.png", "png", AV_PIX_FMT_RGB24, {8, 8}, plain(1, 2, 3));
  Paced paced(must_open(folder.path().string()));
  Reading reading = read_all(*paced.source);
  EXPECT_EQ(reading.frames.size(), 2U);
  ASSERT_EQ(reading.lost.size(), 1U);
  EXPECT_EQ(reading.lost[0].first.read_at, TimePoint(milliseconds(40)));
  EXPECT_EQ(paced.clock.now(), TimePoint(milliseconds(80)));
}

TEST(RealtimeSource, EndsAReadThatWaitsWhenInterrupted) {
  VirtualClock still;
  auto source = media::at_own_pace(must_open("synthetic:64x48,fps=10"), still);
  Frame frame;
  ASSERT_TRUE(*source->read(frame));
  auto last = std::async(std::launch::async, [&] { return source->read(frame); });
  source->interrupt();
  EXPECT_FALSE(*last.get());  // would never come back
}

TEST(OpenSource, GivesFilesAtTheirOwnPaceWhereAsked) {
  SourceOptions options;
  options.realtime = true;
  EXPECT_TRUE(must_open("synthetic:64x48,fps=10", options)->is_live());
  EXPECT_TRUE(must_open(kVideo, options)->is_live());
  EXPECT_FALSE(must_open(kVideo)->is_live());
}

}  // namespace
}  // namespace inflight::test
