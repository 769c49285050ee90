#include <gmock/gmock.h>
#include <sys/resource.h>
#include <unistd.h>

#include "media_test_kit.hpp"

namespace inflight::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

constexpr Duration kTenth = std::chrono::milliseconds(100);

TEST(VideoSource, GivesEveryFrameOfARealVideoOnceInOrder) {
  auto source = must_open(kVideo);
  EXPECT_EQ(source->info().name, kVideo);
  EXPECT_EQ(source->info().size, kVideoSize);
  EXPECT_DOUBLE_EQ(source->info().frames_per_second, 10);
  EXPECT_EQ(source->info().frames, kVideoFrames);

  Reading reading = read_all(*source, 0);
  EXPECT_FALSE(reading.failed) << reading.error.message;
  ASSERT_EQ(reading.frames.size(), kVideoFrames);
  for (std::uint64_t i = 0; i < kVideoFrames; ++i) {
    ASSERT_EQ(reading.frames[i].id, i);
    ASSERT_EQ(reading.frames[i].timestamp, kTenth * i);
  }
}

TEST(VideoSource, HandsOutTheDecodersPlanesWithTheirColors) {
  auto source = must_open(kVideo);
  Frame frame;
  TimePoint before = std::chrono::steady_clock::now();
  ASSERT_TRUE(*source->read(frame));
  EXPECT_EQ(frame.size(), kVideoSize);
  EXPECT_EQ(frame.picture().matrix, ColorMatrix::bt601);  // the file says smpte170m
  EXPECT_EQ(frame.picture().range, ColorRange::limited);
  EXPECT_GE(frame.read_at, before);
  EXPECT_LE(frame.read_at, TimePoint(std::chrono::steady_clock::now()));
}

TEST(VideoSource, DecodesTheSamePixelsWithAnyNumberOfThreads) {
  SourceOptions one, four;
  one.limit = four.limit = 40;
  four.decode_threads = 4;
  Reading a = read_all(kVideo, one), b = read_all(kVideo, four);
  ASSERT_EQ(a.frames.size(), 40U);
  ASSERT_EQ(b.frames.size(), 40U);
  for (std::size_t i = 0; i < 40; ++i) ASSERT_EQ(distance(a.frames[i], b.frames[i]), 0) << i;
}

TEST(VideoSource, FramesOutliveTheSourceAndStayAsTheyWere) {
  SourceOptions options;
  options.limit = 30;
  Reading held = read_all(kVideo, options);  // the source is gone by now
  auto again = must_open(kVideo, options);
  for (const Frame& frame : held.frames) {
    Frame fresh;
    ASSERT_TRUE(*again->read(fresh));
    ASSERT_EQ(distance(frame, fresh), 0);
  }
}

TEST(VideoSource, ReusesTheMemoryOfFramesThatWereLetGo) {
  Folder folder;
  write_image(folder / "0.png", "png", AV_PIX_FMT_RGB24, {64, 64}, plain(1, 2, 3));
  SourceOptions options;
  options.loop = 50;
  auto source = must_open(folder / "0.png", options);
  Frame frame;
  ASSERT_TRUE(*source->read(frame));
  const void* first = frame.picture().planes[0].data;
  for (int i = 0; i < 48; ++i) {
    frame = Frame();  // goes home
    ASSERT_TRUE(*source->read(frame));
    ASSERT_EQ(frame.picture().planes[0].data, first);
  }
}

TEST(VideoSource, SkipsByStartAndEveryButKeepsTheNumbersOfTheFrames) {
  SourceOptions options;
  options.start = 10;
  options.every = 7;
  options.limit = 4;
  Reading reading = read_all(kVideo, options);
  EXPECT_THAT(ids(reading), ElementsAre(10, 17, 24, 31));
  EXPECT_EQ(reading.frames[1].timestamp, 17 * kTenth);
}

class LoopedVideo : public testing::TestWithParam<const char*> {};

TEST_P(LoopedVideo, ContinuesNumbersAndTimesInEveryPlay) {
  Folder folder;
  std::string path = folder / (std::string("clip.") + GetParam());
  ASSERT_TRUE(write_video("synthetic:128x96,frames=12,fps=25", path));
  SourceOptions options;
  options.loop = 3;
  Reading reading = read_all(path, options);
  EXPECT_FALSE(reading.failed) << reading.error.message;
  ASSERT_EQ(reading.frames.size(), 36U);
  for (std::size_t i = 0; i < 36; ++i) {
    EXPECT_EQ(reading.frames[i].id, i);
    EXPECT_NEAR(to_ms(reading.frames[i].timestamp), 40.0 * static_cast<double>(i), 3) << i;
    EXPECT_EQ(distance(reading.frames[i], reading.frames[i % 12]), 0) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(InEveryContainer, LoopedVideo,
                         testing::Values("mp4", "mkv", "avi", "ts", "mov", "h264", "flv"),
                         [](const auto& about) { return std::string(about.param); });

TEST(VideoSource, KnowsHowManyFramesItWillGive) {
  SourceOptions options;
  options.start = 94;
  options.every = 100;
  options.loop = 2;
  EXPECT_EQ(must_open(kVideo, options)->info().frames, 26U);
  options.loop = 0;
  EXPECT_EQ(must_open(kVideo, options)->info().frames, std::nullopt);
  options.limit = 5;
  EXPECT_EQ(must_open(kVideo, options)->info().frames, 5U);
}

TEST(VideoSource, GivesNothingWhereTheStartLiesBehindTheEndEvenForEver) {
  SourceOptions options;
  options.start = kVideoFrames + 1;
  options.loop = 0;
  Reading reading = read_all(kVideo, options);
  EXPECT_FALSE(reading.failed);
  EXPECT_TRUE(reading.frames.empty());
}

TEST(VideoSource, KeepsWhatCanBeReadOfATruncatedFileAndSaysWhereItEnded) {
  Folder folder;
  std::string path = folder / "cut.mp4";
  copy_start(kVideo, path, 1'500'000);  // its index stands at the front
  Reading reading = read_all(path, {}, 0);
  ASSERT_GT(reading.frames.size(), 500U);
  ASSERT_LT(reading.frames.size(), kVideoFrames);
  EXPECT_TRUE(reading.failed);
  EXPECT_EQ(reading.error.code, ErrorCode::unreadable_input);
  EXPECT_EQ(reading.error.message, path + ": ended early after frame " + std::to_string(reading.frames.size() - 1) +
                                       " (of 1394): the file is cut off; what was read before is kept");
}

TEST(VideoSource, ShowsNoPictureOfWhichAPartIsMissing) {
  Folder folder;
  copy_start(kVideo, folder / "cut.mp4", 200'000);
  Reading cut = read_all(folder / "cut.mp4");
  ASSERT_GT(cut.frames.size(), 10U);
  SourceOptions same;
  same.limit = cut.frames.size();
  Reading whole = read_all(kVideo, same);
  for (std::size_t i = cut.frames.size() - 5; i < cut.frames.size(); ++i)
    EXPECT_EQ(distance(cut.frames[i], whole.frames.at(i)), 0) << i;
}

class CutVideo : public testing::TestWithParam<const char*> {};

TEST_P(CutVideo, IsNoticed) {
  Folder folder;
  std::string whole = folder / (std::string("whole.") + GetParam()), cut = folder / (std::string("cut.") + GetParam());
  ASSERT_TRUE(write_video("synthetic:160x120,frames=60,fps=25", whole));
  Reading all = read_all(whole);
  EXPECT_FALSE(all.failed) << all.error.message;
  ASSERT_EQ(all.frames.size(), 60U);
  copy_start(whole, cut, fs::file_size(whole) * 3 / 4 / 188 * 188 + 99);
  Reading rest = read_all(cut);
  EXPECT_GT(rest.frames.size(), 10U);
  EXPECT_LT(rest.frames.size(), 60U);
  ASSERT_TRUE(rest.failed);
  EXPECT_EQ(rest.error.code, ErrorCode::unreadable_input);
  EXPECT_THAT(rest.error.message, testing::ContainsRegex("ended early after frame [0-9]+.*: the file is cut off"));
}

INSTANTIATE_TEST_SUITE_P(InEveryContainer, CutVideo, testing::Values("mkv", "webm", "avi", "ts", "flv"),
                         [](const auto& about) { return std::string(about.param); });

TEST(VideoSource, NoticesAnEndWithinItsLastPictureWhereNoLengthIsStated) {
  Folder folder;
  constexpr std::size_t kPacket = 188;
  ASSERT_TRUE(write_video("synthetic:640x480,frames=60,fps=25,objects=20", folder / "whole.ts"));
  const std::size_t half = fs::file_size(folder / "whole.ts") / 2 / kPacket;
  int noticed = 0;
  // Whole packets, but not all of a picture; now and then it ends just behind one, which nobody can tell.
  for (std::size_t more = 0; more < 8; ++more) {
    copy_start(folder / "whole.ts", folder / "cut.ts", (half + more) * kPacket);
    Reading rest = read_all(folder / "cut.ts", {}, 0);
    EXPECT_GT(rest.frames.size(), 10U);
    noticed += rest.failed;
    EXPECT_EQ(rest.failed, rest.error.message.find("its last picture is cut off") != std::string::npos);
  }
  EXPECT_GE(noticed, 4);
}

TEST(VideoSource, TakesPicturesThatDoNotSayTheirMatrixForBt601OrAsItIsTold) {
  Folder folder;
  std::string raw = folder / "a.y4m";
  store(raw, "YUV4MPEG2 W1280 H720 F25:1 Ip A1:1 C420jpeg\nFRAME\n" + std::string(1280 * 720 * 3 / 2, '\x60'));
  auto source = must_open(raw);
  EXPECT_EQ(source->info().assumed_matrix, ColorMatrix::bt601);
  EXPECT_EQ(read_all(*source).frames.at(0).picture().matrix, ColorMatrix::bt601);
  SourceOptions told;
  told.assumed_matrix = ColorMatrix::bt709;
  EXPECT_EQ(must_open(raw, told)->info().assumed_matrix, ColorMatrix::bt709);
  EXPECT_EQ(read_all(raw, told).frames.at(0).picture().matrix, ColorMatrix::bt709);
  EXPECT_EQ(must_open(kVideo, told)->info().assumed_matrix, std::nullopt) << "says it";
}

TEST(VideoSource, EndsForGoodAfterAnError) {
  Folder folder;
  copy_start(kVideo, folder / "cut.mp4", 200'000);
  auto source = must_open(folder / "cut.mp4");
  EXPECT_TRUE(read_all(*source, 0).failed);
  Frame frame;
  EXPECT_FALSE(*source->read(frame));
}

TEST(VideoSource, NoticesTruncationOfItsOwnFragmentedFiles) {
  Folder folder;
  ASSERT_TRUE(write_video("synthetic:320x240,frames=150,fps=25", folder / "whole.mp4"));
  copy_start(folder / "whole.mp4", folder / "cut.mp4", fs::file_size(folder / "whole.mp4") * 3 / 4);
  Reading reading = read_all(folder / "cut.mp4");
  EXPECT_GE(reading.frames.size(), 50U);  // whole fragments play
  EXPECT_LT(reading.frames.size(), 150U);
  EXPECT_TRUE(reading.failed);
}

TEST(VideoSource, PassesOverDamageInTheMiddleAndReportsIt) {
  Folder folder;
  std::string bytes = contents(kVideo);
  // Packets whose lengths are nonsense; neither index nor parameter sets are touched.
  std::fill_n(bytes.begin() + 1'000'000, 20'000, '\xff');
  store(folder / "damaged.mp4", bytes);
  Reading reading = read_all(folder / "damaged.mp4", {}, 0);
  EXPECT_GT(reading.frames.size(), 1300U);
  EXPECT_EQ(reading.frames.back().timestamp, kTenth * (kVideoFrames - 1));
  EXPECT_TRUE(reading.failed);
  EXPECT_THAT(reading.error.message, HasSubstr("could not be decoded"));
}

TEST(VideoSource, FollowsAChangeOfSizeInTheMiddle) {
  Folder folder;
  ASSERT_TRUE(write_video("synthetic:320x240,frames=10,fps=25", folder / "a.h264"));
  ASSERT_TRUE(write_video("synthetic:192x128,frames=10,fps=25", folder / "b.h264"));
  store(folder / "joined.h264", contents(folder / "a.h264") + contents(folder / "b.h264"));
  Reading reading = read_all(folder / "joined.h264");
  EXPECT_FALSE(reading.failed) << reading.error.message;
  ASSERT_EQ(reading.frames.size(), 20U);
  EXPECT_EQ(reading.frames[9].size(), (Size{320, 240}));
  EXPECT_EQ(reading.frames[10].size(), (Size{192, 128}));
  for (std::size_t i = 1; i < 20; ++i) EXPECT_GT(reading.frames[i].timestamp, reading.frames[i - 1].timestamp);
}

TEST(VideoSource, ConvertsOtherLayoutsToI420) {
  Folder folder;
  VideoSinkOptions options;
  options.codec = "mjpeg";  // full range
  ASSERT_TRUE(write_video("synthetic:128x96,frames=3", folder / "full.avi", options));
  Reading reading = read_all(folder / "full.avi");
  ASSERT_EQ(reading.frames.size(), 3U);
  EXPECT_EQ(reading.frames[0].picture().range, ColorRange::full);
}

/// What open_source says about `path`.
std::string refusal(const std::string& path, const SourceOptions& options = {}) {
  auto source = open_source(path, options);
  EXPECT_FALSE(source);
  if (source) return "";
  EXPECT_EQ(source.error().message.find('\n'), std::string::npos);
  return source.error().message;
}

TEST(OpenSource, SaysInOneLineWhatIsWrongWithAFile) {
  Folder folder;
  store(folder / "empty.mp4", "");
  store(folder / "text.mp4", "this is no video at all\n");
  store(folder / "screen.txt", "this is no video either\n");
  copy_start(kVideo, folder / "header.mp4", 4000);
  EXPECT_THAT(refusal(folder / "missing.mp4"), StartsWith((folder / "missing.mp4") + ": no such file; check the path"));
  EXPECT_THAT(refusal(folder / "empty.mp4"), HasSubstr("the file is empty (0 bytes)"));
  EXPECT_THAT(refusal(folder / "text.mp4"), HasSubstr("not a video that FFmpeg can read"));
  EXPECT_THAT(refusal(folder / "screen.txt"), HasSubstr("not a video that FFmpeg can read"));
  EXPECT_THAT(refusal(folder / "header.mp4"), StartsWith(folder / "header.mp4"));
  EXPECT_THAT(refusal(folder.path().string()), HasSubstr("no images in this folder"));
  EXPECT_THAT(refusal(folder / "*.png"), HasSubstr("no image matches"));
  EXPECT_THAT(refusal(""), HasSubstr("no input was named"));
}

TEST(OpenSource, RefusesPicturesAboveTheLimitBeforeItTakesMemoryForThem) {
  Folder folder;
  using namespace std::string_literals;
  // A GIF of 16000x16000 pixels in a few bytes.
  store(folder / "a.gif",
        "GIF89a\x80\x3e\x80\x3e\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\x80\x3e\x80\x3e\0\x02\x02\x4c\x01\0;"s);
  EXPECT_THAT(refusal(folder / "a.gif"), testing::AllOf(HasSubstr("too large: 16000x16000"), HasSubstr("256 MiB")));
  ASSERT_TRUE(write_video("synthetic:128x96,frames=3", folder / "a.mkv"));
  SourceOptions options;
  options.max_picture_side = 127;
  EXPECT_THAT(refusal(folder / "a.mkv", options), HasSubstr("too large: 128x96 pixels, and 127 a side"));
  options.max_picture_side = 128;
  options.max_picture_bytes = 128 * 96 * 3 / 2 - 1;
  EXPECT_THAT(refusal(folder / "a.mkv", options), HasSubstr("--max-frame-mb"));
  options.max_picture_bytes += 1;
  EXPECT_EQ(read_all(folder / "a.mkv", options).frames.size(), 3U);
}

TEST(VideoSource, RefusesPicturesThatGrowAboveTheLimit) {
  Folder folder;
  ASSERT_TRUE(write_video("synthetic:128x96,frames=10,fps=25", folder / "a.h264"));
  ASSERT_TRUE(write_video("synthetic:320x240,frames=10,fps=25", folder / "b.h264"));
  store(folder / "joined.h264", contents(folder / "a.h264") + contents(folder / "b.h264"));
  SourceOptions options;
  options.max_picture_bytes = 200 * 150 * 3 / 2;
  Reading reading = read_all(folder / "joined.h264", options);
  EXPECT_EQ(reading.frames.size(), 10U);
  EXPECT_TRUE(reading.failed);
  EXPECT_THAT(reading.error.message, HasSubstr("too large"));
}

TEST(OpenSource, SaysWhichFolderMayNotBeLookedInto) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may look into every folder";
  Folder folder;
  fs::create_directory(folder / "closed");
  ASSERT_TRUE(write_video("synthetic:64x64,frames=1", folder / "closed/a.mkv"));
  fs::permissions(folder / "closed", fs::perms::none);
  EXPECT_THAT(refusal(folder / "closed/a.mkv"),
              HasSubstr("no permission to look into the folder " + (folder / "closed")));
  EXPECT_THAT(refusal(folder / "closed/a.png"),
              HasSubstr("no permission to look into the folder " + (folder / "closed")));
  fs::permissions(folder / "closed", fs::perms::owner_all);
}

TEST(OpenSource, NamesTheCameraToWhoeverGivesANumber) {
  EXPECT_THAT(refusal("0"), HasSubstr("a camera is called /dev/video0"));
}

/// This process cannot have further files while it lives.
class NoDescriptors {
 public:
  NoDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    int next = ::dup(STDERR_FILENO);
    ::close(next);
    rlimit now{static_cast<rlim_t>(next), before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &now);
  }
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;

 private:
  rlimit before_{};
};

TEST(OpenSource, SaysThatThereAreTooManyFiles) {
  Folder folder;
  write_image(folder / "a.png", "png", AV_PIX_FMT_RGB24, {16, 16}, plain(1, 2, 3));
  NoDescriptors none;
  for (const std::string& spec : {kVideo, folder / "a.png", folder.path().string()})
    EXPECT_THAT(refusal(spec), testing::AllOf(HasSubstr(spec), HasSubstr("too many files are open"))) << spec;
}

TEST(OpenSource, RefusesOptionsThatMakeNoSense) {
  SourceOptions none, backwards;
  none.every = 0;
  backwards.loop = -1;
  EXPECT_THAT(refusal(kVideo, none), HasSubstr("every is 0"));
  EXPECT_THAT(refusal(kVideo, backwards), HasSubstr("loop is -1"));
}

TEST(OpenSource, TakesAColonInAFileNameForWhatItIs) {
  Folder folder;
  std::string path = folder / "tcp:12.mp4";
  ASSERT_TRUE(write_video("synthetic:64x64,frames=3", path));
  EXPECT_EQ(read_all(path).frames.size(), 3U);
}

}  // namespace
}  // namespace inflight::test
