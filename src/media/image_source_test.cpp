#include <gmock/gmock.h>

#include "image_head.hpp"
#include "media_test_kit.hpp"
#include "sources.hpp"

namespace inflight::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Layout {
  const char* name;
  const char* file;
  const char* codec;
  AVPixelFormat format;
  bool color;
};

class ImageLayouts : public testing::TestWithParam<Layout> {};

/// BT.601, full range (JFIF): Y = 0.299 R + 0.587 G + 0.114 B; Cb, Cr around 128.
TEST_P(ImageLayouts, BecomeI420OfTheRightColors) {
  Folder folder;
  const Layout& layout = GetParam();
  std::string path = folder / layout.file;
  int red = 200, green = 100, blue = 50;
  if (!layout.color) red = green = blue = 117;
  write_image(path, layout.codec, layout.format, {33, 17}, plain(red, green, blue));

  Reading reading = read_all(path);
  ASSERT_FALSE(reading.failed) << reading.error.message;
  ASSERT_EQ(reading.frames.size(), 1U);
  const Picture& picture = reading.frames[0].picture();
  EXPECT_EQ(picture.size, (Size{33, 17}));
  EXPECT_EQ(picture.range, ColorRange::full);
  EXPECT_EQ(picture.matrix, ColorMatrix::bt601);
  double y = 0.299 * red + 0.587 * green + 0.114 * blue;
  // Both corners: odd sizes must be filled to their last row and column.
  for (auto [row, column] : {std::pair{0, 0}, {16, 32}}) {
    EXPECT_NEAR(picture.planes[0].data[row * picture.planes[0].stride + column], y, 2);
    int chroma_row = row / 2, chroma_column = column / 2;
    auto chroma = [&](const Plane& p) { return p.data[chroma_row * p.stride + chroma_column]; };
    EXPECT_NEAR(chroma(picture.planes[1]), 128 + 0.564 * (blue - y), 2);
    EXPECT_NEAR(chroma(picture.planes[2]), 128 + 0.713 * (red - y), 2);
  }
}

INSTANTIATE_TEST_SUITE_P(OfEveryKind, ImageLayouts,
                         testing::Values(Layout{"Rgb", "a.png", "png", AV_PIX_FMT_RGB24, true},
                                         Layout{"RgbWithAlpha", "a.png", "png", AV_PIX_FMT_RGBA, true},
                                         Layout{"Rgb16Bit", "a.png", "png", AV_PIX_FMT_RGB48BE, true},
                                         Layout{"Rgba16Bit", "a.png", "png", AV_PIX_FMT_RGBA64BE, true},
                                         Layout{"Grey", "a.png", "png", AV_PIX_FMT_GRAY8, false},
                                         Layout{"Grey16Bit", "a.png", "png", AV_PIX_FMT_GRAY16BE, false},
                                         Layout{"GreyWithAlpha", "a.png", "png", AV_PIX_FMT_YA8, false},
                                         Layout{"Palette", "a.png", "png", AV_PIX_FMT_PAL8, true},
                                         Layout{"Bmp", "a.bmp", "bmp", AV_PIX_FMT_BGR24, true},
                                         Layout{"Tiff", "a.tiff", "tiff", AV_PIX_FMT_RGB24, true},
                                         Layout{"Ppm", "a.ppm", "ppm", AV_PIX_FMT_RGB24, true},
                                         Layout{"Jpeg420", "a.jpg", "mjpeg", AV_PIX_FMT_YUVJ420P, true},
                                         Layout{"Jpeg444", "a.jpeg", "mjpeg", AV_PIX_FMT_YUVJ444P, true},
                                         Layout{"PngThatIsCalledJpg", "a.jpg", "png", AV_PIX_FMT_RGB24, true}),
                         [](const auto& about) { return std::string(about.param.name); });

TEST(ImageSource, ReadsWebp) {
  if (!avcodec_find_encoder_by_name("libwebp")) GTEST_SKIP() << "this FFmpeg writes no WebP";
  Folder folder;
  write_image(folder / "a.webp", "libwebp", AV_PIX_FMT_YUV420P, {32, 32}, plain(128, 128, 128));
  EXPECT_EQ(read_all(folder / "a.webp").frames.size(), 1U);
}

TEST(ImageSource, ReadsAFolderInTheOrderThatPeopleCount) {
  Folder folder;
  int shade = 10;
  for (const char* name : {"shot1.png", "shot2.PNG", "shot10.png", "shot11.jpg"}) {
    bool jpeg = std::string(name).ends_with("jpg");
    write_image(folder / name, jpeg ? "mjpeg" : "png", jpeg ? AV_PIX_FMT_YUVJ420P : AV_PIX_FMT_RGB24, {16, 16},
                plain(shade, shade, shade));
    shade += 40;
  }
  store(folder / "notes.txt", "not an image, not in the way");
  auto source = must_open(folder.path().string());
  EXPECT_EQ(source->info().frames, 4U);
  EXPECT_EQ(source->info().frames_per_second, 0);
  EXPECT_EQ(source->info().size, (Size{16, 16}));
  Reading reading = read_all(*source);
  ASSERT_THAT(ids(reading), ElementsAre(0, 1, 2, 3));
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_NEAR(luma(reading.frames[i], 8, 8), 10 + 40 * static_cast<int>(i), 3);
    EXPECT_EQ(reading.frames[i].timestamp, i * std::chrono::milliseconds(40));
  }
}

TEST(ImageSource, ReadsAGlobWithEverySecondImageTwice) {
  Folder folder;
  for (const char* name : {"a1.png", "a2.png", "a3.png", "b1.png"}) {
    write_image(folder / name, "png", AV_PIX_FMT_RGB24, {16, 16}, plain(9, 9, 9));
  }
  SourceOptions options;
  options.every = 2;
  options.loop = 2;
  EXPECT_THAT(ids(read_all(folder / "a*.png", options)), ElementsAre(0, 2, 3, 5));
  EXPECT_EQ(must_open(folder / "a[13].png")->info().frames, 2U);
}

TEST(ImageSource, GivesPicturesOfDifferentSizes) {
  Folder folder;
  write_image(folder / "1.png", "png", AV_PIX_FMT_RGB24, {16, 16}, plain(9, 9, 9));
  write_image(folder / "2.png", "png", AV_PIX_FMT_RGB24, {31, 7}, plain(9, 9, 9));
  Reading reading = read_all(folder.path().string());
  ASSERT_EQ(reading.frames.size(), 2U);
  EXPECT_EQ(reading.frames[1].size(), (Size{31, 7}));
}

TEST(ImageSource, LosesTheFrameOfADamagedImageAndGoesOn) {
  for (const char* codec : {"png", "mjpeg"}) {
    Folder folder;
    AVPixelFormat format = std::string(codec) == "png" ? AV_PIX_FMT_RGB24 : AV_PIX_FMT_YUVJ420P;
    auto checker = [](int x, int y) { return std::array<int, 3>{x * 7 % 256, y * 5 % 256, (x ^ y) % 256}; };
    for (const char* name : {"1.png", "2.png", "3.png"}) write_image(folder / name, codec, format, {64, 64}, checker);
    copy_start(folder / "1.png", folder / "2.png", fs::file_size(folder / "1.png") / 2);
    Reading reading = read_all(folder.path().string());
    EXPECT_FALSE(reading.failed) << reading.error.message;
    EXPECT_THAT(ids(reading), ElementsAre(0, 2)) << codec;
    ASSERT_EQ(reading.lost.size(), 1U) << codec;
    const auto& [frame, why] = reading.lost.front();
    EXPECT_FALSE(frame) << "no pixels";
    EXPECT_EQ(frame.id, 1U);
    EXPECT_EQ(frame.timestamp, std::chrono::milliseconds(40));
    EXPECT_THAT(why.message, HasSubstr((folder / "2.png") + ": the image is damaged"));
  }
}

TEST(ImageSource, TakesItsSizeFromTheFirstImageThatCanBeRead) {
  Folder folder;
  store(folder / "1.png", "text");
  write_image(folder / "2.png", "png", AV_PIX_FMT_RGB24, {31, 7}, plain(9, 9, 9));
  auto source = must_open(folder.path().string());
  EXPECT_EQ(source->info().size, (Size{31, 7}));
  EXPECT_EQ(source->info().frames, 2U);
  Reading reading = read_all(*source);
  EXPECT_THAT(ids(reading), ElementsAre(1));
  EXPECT_EQ(reading.lost.size(), 1U);
}

TEST(ImageSource, RefusesAFolderOfWhichNoImageCanBeRead) {
  Folder folder;
  store(folder / "1.png", "text");
  store(folder / "2.png", "");
  auto source = open_source(folder.path().string());
  ASSERT_FALSE(source);
  EXPECT_EQ(source.error().code, ErrorCode::unreadable_input);
  EXPECT_THAT(source.error().message, HasSubstr("not one of its 2 images"));
  EXPECT_THAT(source.error().message, HasSubstr(folder / "1.png"));
}

TEST(ImageSource, RefusesAFileThatOnlyHasTheNameOfAnImage) {
  Folder folder;
  store(folder / "a.png", "text");
  store(folder / "b.jpg", "");
  for (const char* name : {"a.png", "b.jpg"}) {
    auto source = open_source(folder / name);
    ASSERT_FALSE(source);
    EXPECT_EQ(source.error().code, ErrorCode::unreadable_input);
    EXPECT_THAT(source.error().message, HasSubstr(folder / name));
  }
}

TEST(ImageSource, SaysThatAPictureIsTooLargeWhateverItsKind) {
  using namespace std::string_literals;
  Folder folder;
  // Heads that claim 30000x30000 (0x7530), and nothing behind them.
  store(folder / "a.png", "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x75\x30\0\0\x75\x30\x08\x02\0\0\0"s);
  store(folder / "a.jpg", "\xff\xd8\xff\xe0\0\x04xx\xff\xc0\0\x11\x08\x75\x30\x75\x30\x03"s);
  store(folder / "a.bmp", "BM"s + std::string(12, '\0') + "\x28\0\0\0\x30\x75\0\0\xd0\x8a\xff\xff"s);
  store(folder / "a.webp", "RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x2f\x75\0\x2f\x75\0"s);
  store(folder / "a.tif",
        "MM\0\x2a\0\0\0\x08\0\x02\x01\0\0\x03\0\0\0\x01\x75\x30\0\0"
        "\x01\x01\0\x04\0\0\0\x01\0\0\x75\x30\0\0\0\0"s);
  store(folder / "a.ppm", "P6 # by hand 1 2\n30000\n30000 255\n");
  for (const char* name : {"a.png", "a.jpg", "a.bmp", "a.webp", "a.tif", "a.ppm"}) {
    auto source = open_source(folder / name);
    ASSERT_FALSE(source) << name;
    EXPECT_EQ(source.error().code, ErrorCode::unreadable_input);
    EXPECT_EQ(source.error().message, (folder / name) +
                                          ": the picture is too large: 30000x30000 pixels, and 16384 a "
                                          "side are the limit; scale it down");
  }
}

TEST(ImageSource, CountsTheBytesThatTheDecoderTakes) {
  Folder folder;
  write_image(folder / "a.png", "png", AV_PIX_FMT_RGBA64BE, {64, 64}, plain(1, 2, 3));  // eight bytes a pixel
  SourceOptions options;
  options.max_picture_bytes = 64 * 64 * 8;
  EXPECT_EQ(read_all(folder / "a.png", options).frames.size(), 1U);
  options.max_picture_bytes -= 1;
  auto source = open_source(folder / "a.png", options);
  ASSERT_FALSE(source);
  EXPECT_THAT(source.error().message, HasSubstr("the picture is too large: 64x64 pixels take 1 MiB"));
}

TEST(ImageSource, SaysThatAnAnimationCannotBeDecoded) {
  using namespace std::string_literals;
  Folder folder;
  store(folder / "a.webp",
        "RIFF\x2a\0\0\0WEBPVP8X\x0a\0\0\0\x02\0\0\0\x0f\0\0\x0f\0\0"
        "ANIM\x06\0\0\0\0\0\0\0\0\0"s);
  auto source = open_source(folder / "a.webp");
  ASSERT_FALSE(source);
  EXPECT_THAT(source.error().message, HasSubstr("an animated image, which this FFmpeg cannot decode; convert it"));
}

TEST(ImageHead, ReadsNothingBehindTheEndOfAFile) {
  using namespace std::string_literals;
  const std::string tiff = "II\x2a\0\x08\0\0\0\xff\xff\x12\x01\x03\0\x01\0\0\0\x06\0\0\0"s;
  for (std::size_t length = 0; length <= tiff.size(); ++length) {
    media::ImageHead head = media::read_image_head(tiff.substr(0, length), AV_CODEC_ID_TIFF);
    EXPECT_EQ(head.size, std::nullopt);
  }
  EXPECT_EQ(media::read_image_head(tiff, AV_CODEC_ID_TIFF).orientation, (media::Orientation{false, 1}));
}

TEST(NaturalLess, CountsLikePeople) {
  EXPECT_TRUE(media::natural_less("a2", "a10"));
  EXPECT_TRUE(media::natural_less("a02", "a10"));
  EXPECT_TRUE(media::natural_less("a9b", "a10a"));
  EXPECT_TRUE(media::natural_less("a", "a1"));
  EXPECT_TRUE(media::natural_less("a1.png", "b0.png"));
  EXPECT_FALSE(media::natural_less("a10", "a2"));
  EXPECT_FALSE(media::natural_less("a1", "a1"));
  EXPECT_NE(media::natural_less("a01", "a1"), media::natural_less("a1", "a01"));
}

}  // namespace
}  // namespace inflight::test
