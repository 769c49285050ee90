#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>

#include "media_test_kit.hpp"

namespace inflight::test {
namespace {

using testing::HasSubstr;

FrameResult picture(std::uint64_t id, Size size) {
  FrameResult result;
  result.frame = Frame::allocate(size);
  result.frame.id = id;
  return result;
}

TEST(ImageSink, WritesOneImagePerFrameNamedByItsNumber) {
  Folder folder;
  for (const char* pattern : {"", "/*.png"}) {
    auto sink = open_image_sink((folder / "shots") + pattern, [](const Picture& p, const FrameResult&) {
      for (int y = 0; y < p.size.height; ++y) std::fill_n(p.planes[0].data + y * p.planes[0].stride, p.size.width, 16);
    });
    ASSERT_TRUE(sink) << sink.error().message;
    ASSERT_TRUE((*sink)->write(picture(25, {64, 48})));
    ASSERT_TRUE((*sink)->write(picture(26, {33, 17})));
    FrameResult dropped = picture(27, {64, 48});
    dropped.status = FrameStatus::dropped;
    ASSERT_TRUE((*sink)->write(dropped));
    ASSERT_TRUE((*sink)->finish());

    std::string extension = *pattern ? ".png" : ".jpg";
    EXPECT_FALSE(fs::exists(folder / ("shots/000027" + extension)));
    Reading first = read_all(folder / ("shots/000025" + extension));
    ASSERT_EQ(first.frames.size(), 1U) << first.error.message;
    EXPECT_EQ(first.frames[0].size(), (Size{64, 48}));
    EXPECT_LE(luma(first.frames[0], 20, 20), 2);  // 16 of limited range is black of full range
    EXPECT_EQ(read_all(folder / ("shots/000026" + extension)).frames.at(0).size(), (Size{33, 17}));
  }
}

TEST(ImageSink, KeepsTheColorsOfHighDefinition) {
  Folder folder;
  media::PicturePool pool;
  FrameResult result;
  result.frame = pool.allocate({64, 48}, {ColorMatrix::bt709, ColorRange::limited});
  constexpr std::array<int, 3> kRed{63, 102, 240};  // ITU-R BT.709, 8 bits, limited range
  for (std::size_t p = 0; p < 3; ++p) {
    const Plane& plane = result.frame.picture().planes[p];
    std::memset(plane.data, kRed[p], static_cast<std::size_t>(plane.stride * (p == 0 ? 48 : 24)));
  }
  for (const char* name : {"*.jpg", "*.png"}) {
    auto sink = open_image_sink(folder / name, {});
    ASSERT_TRUE((*sink)->write(result));
    Frame image = read_all(folder / ("000000" + std::string(name).substr(1))).frames.at(0);
    const auto& [y, u, v] = image.picture().planes;  // JFIF's red is (76, 85, 255)
    EXPECT_NEAR(y.data[0], 76, 3) << name;
    EXPECT_NEAR(u.data[0], 85, 3) << name;
    EXPECT_NEAR(v.data[0], 255, 3) << name;
  }
}

TEST(ImageSink, DoesNotMixUpSources) {
  Folder folder;
  auto sink = open_image_sink(folder.path(), {});
  FrameResult other = picture(3, {16, 16});
  other.frame.source = 2;
  ASSERT_TRUE((*sink)->write(picture(3, {16, 16})));
  ASSERT_TRUE((*sink)->write(other));
  EXPECT_TRUE(fs::exists(folder / "000003.jpg"));
  EXPECT_TRUE(fs::exists(folder / "2_000003.jpg"));
}

TEST(ImageSink, RefusesAFolderThatCannotBe) {
  Folder folder;
  store(folder / "file", "x");
  for (const std::string& path : {folder / "file", folder / "file/below", folder / "*.gif"}) {
    auto sink = open_image_sink(path, {});
    ASSERT_FALSE(sink) << path;
    EXPECT_EQ(sink.error().code, ErrorCode::unwritable_output);
  }
  EXPECT_THAT(open_image_sink(folder / "file/below", {}).error().message,
              HasSubstr((folder / "file") + " is not a folder; choose another path"));
}

TEST(ImageSink, ReportsAFileThatCannotBeWritten) {
  Folder folder;
  auto sink = open_image_sink(folder.path(), {});
  fs::create_symlink("/dev/full", folder / "000000.jpg");
  auto written = (*sink)->write(picture(0, {64, 64}));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::output_failed);
  EXPECT_THAT(written.error().message, HasSubstr("No space left on device"));
}

TEST(WindowSink, SaysThatThereIsNoDisplay) {
  ::unsetenv("DISPLAY");
  ::unsetenv("WAYLAND_DISPLAY");
  ::unsetenv("SDL_VIDEODRIVER");
  auto sink = open_window_sink("test", {}, {});
  ASSERT_FALSE(sink);
  EXPECT_EQ(sink.error().code, ErrorCode::unwritable_output);
  EXPECT_THAT(sink.error().message, HasSubstr("no display"));
}

TEST(WindowSink, ShowsPicturesOfAnySize) {
  ::setenv("SDL_VIDEODRIVER", "dummy", 1);  // SDL's own driver for machines without a display
  int drawn = 0;
  auto sink = open_window_sink("test", [&](const Picture&, const FrameResult&) { ++drawn; }, {});
  ::unsetenv("SDL_VIDEODRIVER");
  if (!sink) GTEST_SKIP() << sink.error().message;
  ::setenv("SDL_VIDEODRIVER", "dummy", 1);
  for (Size size : {Size{64, 48}, Size{64, 48}, Size{33, 17}}) {
    auto written = (*sink)->write(picture(0, size));
    ASSERT_TRUE(written) << written.error().message;
  }
  EXPECT_EQ(drawn, 3);
  EXPECT_TRUE((*sink)->finish());
  ::unsetenv("SDL_VIDEODRIVER");
}

}  // namespace
}  // namespace inflight::test
