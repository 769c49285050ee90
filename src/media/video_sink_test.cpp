#include <gmock/gmock.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <set>

#include "media_test_kit.hpp"

namespace inflight::test {
namespace {

using testing::HasSubstr;

/// Each value's follower; the last one's is more.
std::vector<std::int64_t> shifted(std::vector<std::int64_t> values) {
  std::ranges::rotate(values, values.begin() + 1);
  values.back() = INT64_MAX;
  return values;
}

TEST(VideoSink, WritesAVideoThatReadsBackWithTheSameFramesAndTimes) {
  Folder folder;
  VideoSinkOptions options;
  options.frames_per_second = 10;
  SourceOptions some;
  some.limit = 60;
  auto sink = open_video_sink(folder / "out.mp4", options);
  ASSERT_TRUE(sink) << sink.error().message;
  Reading original = read_all(kVideo, some);
  for (const Frame& frame : original.frames) {
    FrameResult result;
    result.frame = frame;
    ASSERT_TRUE((*sink)->write(result));
  }
  ASSERT_TRUE((*sink)->finish());

  Reading copy = read_all(folder / "out.mp4");
  EXPECT_FALSE(copy.failed) << copy.error.message;
  ASSERT_EQ(copy.frames.size(), 60U);
  for (std::size_t i = 0; i < 60; ++i) {
    EXPECT_EQ(copy.frames[i].size(), kVideoSize);
    EXPECT_EQ(copy.frames[i].timestamp, original.frames[i].timestamp) << i;
    EXPECT_LT(distance(copy.frames[i], original.frames[i]), 3) << i;
    EXPECT_EQ(copy.frames[i].picture().matrix, ColorMatrix::bt601);
    EXPECT_EQ(copy.frames[i].picture().range, ColorRange::limited);
  }
}

class VideoContainers : public testing::TestWithParam<const char*> {};

TEST_P(VideoContainers, PlayAtTheRateTheyWereGiven) {
  Folder folder;
  std::string path = folder / GetParam();
  VideoSinkOptions options;
  options.frames_per_second = 30;
  auto written = write_video("synthetic:160x120,frames=45,fps=30", path, options);
  ASSERT_TRUE(written) << written.error().message;
  Reading copy = read_all(path);
  ASSERT_EQ(copy.frames.size(), 45U);
  EXPECT_EQ(copy.frames[44].size(), (Size{160, 120}));
  EXPECT_NEAR(to_ms(copy.frames[44].timestamp), 44 * 1000.0 / 30, 1);
}

INSTANTIATE_TEST_SUITE_P(OfEveryKind, VideoContainers,
                         testing::Values("a.mp4", "a.mkv", "a.avi", "a.ts", "a.mov", "a.webm", "with:colon.mp4"),
                         [](const auto& about) {
                           std::string name = about.param;
                           std::erase_if(name, [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); });
                           return name;
                         });

TEST(VideoSink, WritesMpeg4WhereAskedTo) {
  Folder folder;
  VideoSinkOptions options;
  options.codec = "mpeg4";
  options.frames_per_second = 30;
  ASSERT_TRUE(write_video("synthetic:160x120,frames=20,fps=30", folder / "a.mp4", options));
  Reading copy = read_all(folder / "a.mp4");
  ASSERT_EQ(copy.frames.size(), 20U);
  EXPECT_NEAR(to_ms(copy.frames[19].timestamp), 19 * 1000.0 / 30, 1);
}

TEST(VideoSink, DrawsOnACopyAndLeavesTheFrameAlone) {
  Folder folder;
  VideoSinkOptions options;
  options.draw = [](const Picture& picture, const FrameResult& result) {
    EXPECT_EQ(picture.size, result.frame.size());
    for (int y = 0; y < picture.size.height; ++y) {
      std::memset(picture.planes[0].data + y * picture.planes[0].stride, 235,
                  static_cast<std::size_t>(picture.size.width));
    }
  };
  auto sink = open_video_sink(folder / "a.mp4", options);
  FrameResult result;
  result.frame = Frame::allocate({64, 48});
  ASSERT_TRUE((*sink)->write(result));
  ASSERT_TRUE((*sink)->finish());
  EXPECT_EQ(luma(result.frame, 10, 10), 128);
  EXPECT_NEAR(luma(read_all(folder / "a.mp4").frames.at(0), 10, 10), 235, 3);
}

TEST(VideoSink, PadsOddSizesToEvenOnes) {
  Folder folder;
  ASSERT_TRUE(write_video("synthetic:97x55,frames=5", folder / "a.mp4"));
  Reading copy = read_all(folder / "a.mp4");
  Reading original = read_all("synthetic:97x55,frames=5");
  ASSERT_EQ(copy.frames.size(), 5U);
  EXPECT_EQ(copy.frames[0].size(), (Size{98, 56}));
  EXPECT_LT(distance(original.frames[4], copy.frames[4]), 6);
  EXPECT_NEAR(luma(copy.frames[0], 97, 20), luma(copy.frames[0], 96, 20), 12);
}

TEST(VideoSink, ScalesLaterSizesToTheFirst) {
  Folder folder;
  auto sink = open_video_sink(folder / "a.mp4", {});
  for (int i = 0; i < 20; ++i) {
    FrameResult result;
    result.frame = Frame::allocate(i < 10 ? Size{128, 96} : Size{200, 50});
    result.frame.timestamp = std::chrono::milliseconds(40) * i;
    auto written = (*sink)->write(result);
    ASSERT_TRUE(written) << written.error().message;
  }
  ASSERT_TRUE((*sink)->finish());
  Reading copy = read_all(folder / "a.mp4");
  ASSERT_EQ(copy.frames.size(), 20U);
  EXPECT_EQ(copy.frames[19].size(), (Size{128, 96}));
  EXPECT_NEAR(luma(copy.frames[19], 64, 48), 128, 2);
}

TEST(VideoSink, TagsTheColorsOfItsFirstPicture) {
  Folder folder;
  write_image(folder / "a.png", "png", AV_PIX_FMT_RGB24, {64, 64}, plain(255, 255, 255));
  ASSERT_TRUE(write_video(folder / "a.png", folder / "a.mp4"));
  Reading copy = read_all(folder / "a.mp4");
  ASSERT_EQ(copy.frames.size(), 1U);
  EXPECT_EQ(copy.frames[0].picture().range, ColorRange::full);
  EXPECT_NEAR(luma(copy.frames[0], 5, 5), 255, 2);
}

TEST(VideoSink, LeavesOutWhatWasDroppedAndKeepsTheTimesOfTheRest) {
  Folder folder;
  auto sink = open_video_sink(folder / "a.mp4", {});
  for (int i = 0; i < 30; ++i) {
    FrameResult result;
    result.frame = Frame::allocate({64, 64});
    result.frame.timestamp = std::chrono::milliseconds(40) * (i + 50);  // does not begin at 0
    if (i % 3 == 1) result.status = FrameStatus::dropped;
    if (i % 3 == 2) result.status = FrameStatus::failed;
    ASSERT_TRUE((*sink)->write(result));
  }
  ASSERT_TRUE((*sink)->finish());
  Reading copy = read_all(folder / "a.mp4");
  ASSERT_EQ(copy.frames.size(), 10U);
  EXPECT_EQ(copy.frames[9].timestamp, std::chrono::milliseconds(40) * 27);
}

TEST(VideoSink, GivesEveryPictureAStampOfItsOwnWhereTimesStandStill) {
  Folder folder;
  for (const char* name : {"a.mp4", "a.mkv", "a.ts"}) {
    auto sink = open_video_sink(folder / name, {});
    for (int i = 0; i < 5; ++i) {
      FrameResult result;
      result.frame = Frame::allocate({64, 64});
      ASSERT_TRUE((*sink)->write(result));
    }
    ASSERT_TRUE((*sink)->finish());
    EXPECT_EQ(read_all(folder / name).frames.size(), 5U);
    Contents written = contents_of_video(folder / name);
    EXPECT_EQ(std::set(written.pts.begin(), written.pts.end()).size(), 5U) << name;
    std::erase(written.dts, AV_NOPTS_VALUE);  // Matroska keeps none, and the first ones are not told by the rest
    EXPECT_THAT(written.dts, testing::Pointwise(testing::Lt(), shifted(written.dts))) << name;
  }
}

TEST(VideoSink, BeginsAtZeroWhereverInItsSourceItBegins) {
  Folder folder;
  for (const char* name : {"a.mp4", "a.mkv"}) {
    auto sink = open_video_sink(folder / name, {});
    for (int i = 0; i < 10; ++i) {
      FrameResult result;
      result.frame = Frame::allocate({64, 64});
      result.frame.timestamp = std::chrono::hours(1) + std::chrono::milliseconds(40) * i;
      ASSERT_TRUE((*sink)->write(result));
    }
    ASSERT_TRUE((*sink)->finish());
    EXPECT_NEAR(contents_of_video(folder / name).start_s, 0, 0.001) << name;
  }
}

/// A frame whose pixels are shown wider than high.
Frame wide_pixels(Size size, PixelAspect aspect, ColorMatrix matrix = ColorMatrix::bt601) {
  media::PicturePool pool;
  Frame frame = pool.allocate(size, {matrix, ColorRange::limited}, aspect);
  auto [width, height] = size;
  for (const Plane& plane : frame.picture().planes)
    std::memset(plane.data, 128, static_cast<std::size_t>(plane.stride) * static_cast<std::size_t>(height / 2));
  return frame;
}

TEST(VideoSink, KeepsTheShapeOfPixelsAndTheirMatrix) {
  Folder folder;
  for (const char* name : {"a.mp4", "a.mkv", "a.ts"}) {
    auto sink = open_video_sink(folder / name, {});
    FrameResult result;
    result.frame = wide_pixels({64, 48}, {16, 11}, ColorMatrix::bt2020);
    ASSERT_TRUE((*sink)->write(result));
    ASSERT_TRUE((*sink)->finish());
    Contents written = contents_of_video(folder / name);
    EXPECT_EQ(av_cmp_q(written.pixel_aspect, {16, 11}), 0) << name;
    EXPECT_EQ(written.matrix, AVCOL_SPC_BT2020_NCL) << name;
    Reading copy = read_all(folder / name);
    EXPECT_EQ(copy.frames.at(0).picture().pixel_aspect, (PixelAspect{16, 11})) << name;
    EXPECT_EQ(copy.frames.at(0).picture().matrix, ColorMatrix::bt2020) << name;
  }
}

/// What the sink keeps after so many pictures of a size.
std::size_t kept_of(Size size, std::size_t max_bytes, int pictures) {
  Folder folder;
  VideoSinkOptions options;
  options.max_bytes = max_bytes;
  auto sink = open_video_sink(folder / "a.mkv", options);
  for (int i = 0; i < pictures; ++i) {
    FrameResult result;
    result.frame = Frame::allocate(size);
    result.frame.timestamp = std::chrono::milliseconds(40) * i;
    EXPECT_TRUE((*sink)->write(result));
  }
  std::size_t kept = (*sink)->bytes_held();
  EXPECT_TRUE((*sink)->finish());
  std::size_t written = pictures > 0 ? contents_of_video(folder / "a.mkv").pts.size() : 0;
  EXPECT_EQ(written, static_cast<std::size_t>(pictures));
  return kept;
}

TEST(VideoSink, SaysWhatItKeepsAndKeepsLessOfLargePictures) {
  constexpr Size kSmall{320, 240};
  constexpr std::size_t kPicture = 320 * 240 * 3 / 2;
  EXPECT_EQ(kept_of(kSmall, std::size_t{128} << 20, 0), 0U);
  std::size_t ahead = kept_of(kSmall, std::size_t{128} << 20, 3), at_once = kept_of(kSmall, kPicture, 3);
  EXPECT_GT(ahead, 10 * kPicture) << "it looks ahead";
  EXPECT_LT(at_once, 12 * kPicture);
  EXPECT_GE(at_once, 2 * kPicture) << "the copy, and what it refers to";
}

TEST(VideoSink, LeavesNoEmptyFileBehind) {
  Folder folder;
  auto sink = open_video_sink(folder / "a.mp4", {});
  EXPECT_TRUE(fs::exists(folder / "a.mp4"));
  EXPECT_TRUE((*sink)->finish());
  EXPECT_FALSE(fs::exists(folder / "a.mp4"));
}

TEST(VideoSink, PlaysUpToTheLastKeyFrameWithoutItsEnd) {
  Folder folder;
  auto sink = open_video_sink(folder / "a.mp4", {});
  auto source = must_open("synthetic:320x240,frames=200,fps=25");
  FrameResult result;
  while (*source->read(result.frame)) ASSERT_TRUE((*sink)->write(result));
  // As a program leaves it that is killed here: before finish.
  fs::copy_file(folder / "a.mp4", folder / "killed.mp4");
  Reading killed = read_all(folder / "killed.mp4");
  EXPECT_GE(killed.frames.size(), 100U);
  ASSERT_TRUE((*sink)->finish());
}

/// Frames until the sink refuses one; nothing if it took them all.
std::optional<Error> first_failure(Sink& sink, int frames) {
  auto source = must_open("synthetic:640x480,objects=20,frames=" + std::to_string(frames));
  FrameResult result;
  while (*source->read(result.frame)) {
    if (auto ok = sink.write(result); !ok) return ok.error();
  }
  auto finished = sink.finish();
  return finished ? std::nullopt : std::optional(finished.error());
}

TEST(VideoSink, ReportsAFullDisk) {
  for (const char* name : {"a.mp4", "a.mkv", "a.avi"}) {
    Folder folder;
    fs::create_symlink("/dev/full", folder / name);
    auto sink = open_video_sink(folder / name, {});
    ASSERT_TRUE(sink) << sink.error().message;
    auto failure = first_failure(**sink, 150);
    ASSERT_TRUE(failure) << name;
    EXPECT_EQ(failure->code, ErrorCode::output_failed);
    EXPECT_THAT(failure->message, HasSubstr("No space left on device"));
    EXPECT_THAT(failure->message, HasSubstr(folder / name));
    EXPECT_FALSE((*sink)->write({}));  // and stays failed
    (void)(*sink)->finish();
  }
}

/// Files of this process cannot grow beyond `bytes` while it lives.
class FileLimit {
 public:
  explicit FileLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    rlimit now{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &now);
  }
  ~FileLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FileLimit(const FileLimit&) = delete;
  FileLimit& operator=(const FileLimit&) = delete;

 private:
  void (*handler_)(int);
  rlimit before_{};
};

TEST(VideoSink, KeepsPlayableWhatFitted) {
  Folder folder;
  auto sink = open_video_sink(folder / "a.mp4", {});
  {
    FileLimit limit(600'000);
    auto failure = first_failure(**sink, 300);
    ASSERT_TRUE(failure);
    EXPECT_THAT(failure->message, HasSubstr("File too large"));
    EXPECT_FALSE((*sink)->finish());
  }
  EXPECT_GE(read_all(folder / "a.mp4").frames.size(), 50U);
}

/// What open_video_sink says about `path`.
std::string refusal(const std::string& path, const std::string& codec = "") {
  VideoSinkOptions options;
  options.codec = codec;
  auto sink = open_video_sink(path, options);
  EXPECT_FALSE(sink) << path;
  if (sink) return "";
  EXPECT_EQ(sink.error().code, ErrorCode::unwritable_output);
  return sink.error().message;
}

TEST(VideoSink, RefusesPathsThatCannotBecomeAVideo) {
  Folder folder;
  EXPECT_THAT(refusal(folder / "none/a.mp4"), HasSubstr("none does not exist; create it"));
  EXPECT_THAT(refusal(folder / "a.txt"), HasSubstr("no video format"));
  EXPECT_THAT(refusal(folder / "a.png"), HasSubstr("no video format"));
  EXPECT_THAT(refusal(folder / "a.mp3"), HasSubstr("no video format"));
  EXPECT_THAT(refusal(folder / "a"), HasSubstr("no video format"));
  EXPECT_THAT(refusal(folder / "a.mp4", "h265x"), HasSubstr("no encoder 'h265x'"));
  EXPECT_THAT(refusal(folder / "a.webm", "libx264"), HasSubstr("cannot hold"));
  EXPECT_TRUE(fs::is_empty(folder.path()));
  fs::create_directory(folder / "a.mp4");
  EXPECT_THAT(refusal(folder / "a.mp4"), HasSubstr("it is a folder"));
  store(folder / "file", "x");
  EXPECT_THAT(refusal(folder / "file/a.mp4"), HasSubstr((folder / "file") + " is not a folder"));
}

}  // namespace
}  // namespace inflight::test
