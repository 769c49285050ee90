// Pictures of cameras that were held sideways come out upright: real files, with the bytes that phones write.
#include <gmock/gmock.h>

extern "C" {
#include <libavutil/crc.h>
}

#include <algorithm>

#include "media_test_kit.hpp"
#include "orientation.hpp"

namespace inflight::test {
namespace {

/// How the picture of a file is to be turned, as the two formats say it and as a rule for pixels.
struct Turn {
  const char* name;
  std::array<int, 4> matrix;  ///< a, b, c, d of QuickTime's tkhd: (p, q) goes to (a·p + c·q, b·p + d·q)
  char exif;                  ///< Orientation of EXIF 2.3, section 4.6.4
  bool swaps;                 ///< width and height
  /// Where in the stored picture the upright one's (x, y) comes from; `last` are the stored picture's last column
  /// and row.
  std::array<int, 2> (*origin)(int x, int y, Size last);
};

class Orientations : public testing::TestWithParam<Turn> {
 protected:
  static void expect_turned(const Frame& upright, const Frame& stored) {
    auto [width, height] = stored.size();
    ASSERT_EQ(upright.size(), (GetParam().swaps ? Size{height, width} : Size{width, height}));
    for (std::size_t plane = 0; plane < 3; ++plane) expect_turned(upright, stored, plane);
  }

 private:
  static Size size_of(const Frame& frame, std::size_t plane) {
    return plane == 0 ? frame.size() : frame.picture().chroma_size();
  }
  static int value(const Frame& frame, std::size_t plane, int x, int y) {
    const Plane& p = frame.picture().planes[plane];
    return p.data[y * p.stride + x];
  }
  static void expect_turned(const Frame& upright, const Frame& stored, std::size_t plane) {
    Size from = size_of(stored, plane), to = size_of(upright, plane);
    for (int y = 0; y < to.height; ++y) {
      for (int x = 0; x < to.width; ++x) {
        auto [p, q] = GetParam().origin(x, y, {from.width - 1, from.height - 1});
        ASSERT_EQ(value(upright, plane, x, y), value(stored, plane, p, q)) << plane << ": " << x << ", " << y;
      }
    }
  }
};

std::string big_endian(std::uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16), static_cast<char>(value >> 8),
          static_cast<char>(value)};
}

/// An MP4 with another matrix in its track header (ISO 14496-12, 8.3.2, version 0).
std::string with_matrix(std::string mp4, const std::array<int, 4>& matrix) {
  constexpr std::size_t kMatrixInBox = 44;  // counted from the box's name
  constexpr int kOne = 1 << 16, kOneOfW = 1 << 30;
  std::size_t at = mp4.find("tkhd") + kMatrixInBox;
  auto [a, b, c, d] = matrix;
  for (int value : {a * kOne, b * kOne, 0, c * kOne, d * kOne, 0, 0, 0, kOneOfW}) {
    mp4.replace(at, 4, big_endian(static_cast<std::uint32_t>(value)));
    at += 4;
  }
  return mp4;
}

/// A JPEG with an EXIF segment that holds nothing but the orientation.
std::string with_exif(const std::string& jpeg, char orientation) {
  using namespace std::string_literals;
  std::string exif = "Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0"s + orientation + "\0\0\0\0\0\0"s;
  std::string length{'\0', static_cast<char>(exif.size() + 2)};
  return jpeg.substr(0, 2) + "\xff\xe1" + length + exif + jpeg.substr(2);
}

TEST_P(Orientations, OfVideosAreUndone) {
  Folder folder;
  ASSERT_TRUE(write_video("synthetic:96x64,frames=5,fps=25", folder / "stored.mp4"));
  store(folder / "turned.mp4", with_matrix(contents(folder / "stored.mp4"), GetParam().matrix));
  Reading stored = read_all(folder / "stored.mp4");
  auto source = must_open(folder / "turned.mp4");
  EXPECT_EQ(source->info().size, (GetParam().swaps ? Size{64, 96} : Size{96, 64}));
  Reading upright = read_all(*source);
  ASSERT_EQ(upright.frames.size(), 5U) << upright.error.message;
  for (std::size_t i = 0; i < 5; ++i) {
    expect_turned(upright.frames[i], stored.frames.at(i));
    EXPECT_EQ(upright.frames[i].timestamp, stored.frames[i].timestamp);
    EXPECT_NE(upright.frames[i].read_at, TimePoint{});
  }
}

/// A chunk of a PNG.
std::string png_chunk(const std::string& kind, const std::string& content) {
  std::string counted = kind + content;
  auto sum = ~av_crc(av_crc_get_table(AV_CRC_32_IEEE_LE), UINT32_MAX,
                     reinterpret_cast<const std::uint8_t*>(counted.data()), counted.size());
  return big_endian(static_cast<std::uint32_t>(content.size())) + counted + big_endian(sum);
}

std::string little_endian(std::uint32_t value) {
  std::string bytes = big_endian(value);
  std::ranges::reverse(bytes);
  return bytes;
}

TEST_P(Orientations, OfPngsAreUndone) {
  using namespace std::string_literals;
  constexpr std::size_t kBehindHeader = 33;
  Folder folder;
  auto slope = [](int x, int y) { return std::array<int, 3>{x * 7, y * 14, 255 - x * 3 - y * 2}; };
  write_image(folder / "stored.png", "png", AV_PIX_FMT_GRAY8, {32, 16}, slope);
  std::string png = contents(folder / "stored.png");
  png.insert(kBehindHeader, png_chunk("eXIf", "MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0"s + GetParam().exif +
                                                  "\0\0\0\0\0\0"s));
  store(folder / "turned.png", png);
  auto source = must_open(folder / "turned.png");
  EXPECT_EQ(source->info().size, (GetParam().swaps ? Size{16, 32} : Size{32, 16}));
  Reading upright = read_all(*source);
  ASSERT_EQ(upright.frames.size(), 1U) << upright.error.message;
  expect_turned(upright.frames[0], read_all(folder / "stored.png").frames.at(0));
}

TEST_P(Orientations, OfWebpsAreUndone) {
  if (!avcodec_find_encoder_by_name("libwebp")) GTEST_SKIP() << "this FFmpeg writes no WebP";
  using namespace std::string_literals;
  Folder folder;
  auto slope = [](int x, int y) { return std::array<int, 3>{x * 7, y * 14, 255 - x * 3 - y * 2}; };
  write_image(folder / "stored.webp", "libwebp", AV_PIX_FMT_YUV420P, {32, 16}, slope);
  std::string exif = "II\x2a\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0"s + GetParam().exif + "\0\0\0\0\0\0\0"s;
  std::string webp = contents(folder / "stored.webp");
  webp += "EXIF" + little_endian(static_cast<std::uint32_t>(exif.size())) + exif;
  webp.replace(4, 4, little_endian(static_cast<std::uint32_t>(webp.size() - 8)));
  store(folder / "turned.webp", webp);
  Reading upright = read_all(folder / "turned.webp");
  ASSERT_EQ(upright.frames.size(), 1U) << upright.error.message;
  expect_turned(upright.frames[0], read_all(folder / "stored.webp").frames.at(0));
}

TEST_P(Orientations, OfJpegsAreUndone) {
  Folder folder;
  auto slope = [](int x, int y) { return std::array<int, 3>{x * 7, y * 14, 255 - x * 3 - y * 2}; };
  write_image(folder / "stored.jpg", "mjpeg", AV_PIX_FMT_YUVJ420P, {33, 17}, slope);  // odd, as photographs may be
  store(folder / "turned.jpg", with_exif(contents(folder / "stored.jpg"), GetParam().exif));
  Reading stored = read_all(folder / "stored.jpg");
  auto source = must_open(folder / "turned.jpg");
  EXPECT_EQ(source->info().size, (GetParam().swaps ? Size{17, 33} : Size{33, 17}));
  Reading upright = read_all(*source);
  ASSERT_EQ(upright.frames.size(), 1U) << upright.error.message;
  expect_turned(upright.frames[0], stored.frames.at(0));
}

using Point = std::array<int, 2>;

INSTANTIATE_TEST_SUITE_P(
    Of, Orientations,
    testing::Values(
        Turn{"Upright", {1, 0, 0, 1}, 1, false, [](int x, int y, Size) { return Point{x, y}; }},
        Turn{"Mirrored", {-1, 0, 0, 1}, 2, false, [](int x, int y, Size l) { return Point{l.width - x, y}; }},
        Turn{"HalfTurn",
             {-1, 0, 0, -1},
             3,
             false,
             [](int x, int y, Size l) { return Point{l.width - x, l.height - y}; }},
        Turn{"UpsideDown", {1, 0, 0, -1}, 4, false, [](int x, int y, Size l) { return Point{x, l.height - y}; }},
        Turn{"Transposed", {0, 1, 1, 0}, 5, true, [](int x, int y, Size) { return Point{y, x}; }},
        Turn{"Clockwise", {0, 1, -1, 0}, 6, true, [](int x, int y, Size l) { return Point{y, l.height - x}; }},
        Turn{"Transverse",
             {0, -1, -1, 0},
             7,
             true,
             [](int x, int y, Size l) { return Point{l.width - y, l.height - x}; }},
        Turn{"Anticlockwise", {0, -1, 1, 0}, 8, true, [](int x, int y, Size l) { return Point{l.width - y, x}; }}),
    [](const auto& about) { return std::string(about.param.name); });

TEST(Orientation, ThatIsNoMultipleOf90IsSaidOnce) {
  Folder folder;
  ASSERT_TRUE(write_video("synthetic:96x64,frames=5,fps=25", folder / "stored.mp4"));
  std::string mp4 = with_matrix(contents(folder / "stored.mp4"), {1, 1, -1, 1});
  store(folder / "turned.mp4", mp4);
  for (const char* name : {"stored.mp4", "turned.mp4"}) {
    auto source = must_open(folder / name);
    std::vector<SourceEvent> events;
    source->on_event([&](const SourceEvent& event) { events.push_back(event); });
    EXPECT_EQ(read_all(*source).frames.size(), 5U);
    bool turned = std::string(name) == "turned.mp4";
    ASSERT_EQ(events.size(), turned ? 1U : 0U) << name;
    if (!turned) continue;
    EXPECT_EQ(events[0].kind, "source_remark");
    EXPECT_THAT(events[0].text, testing::HasSubstr((folder / name) + ": is to be turned by 45 degrees"));
  }
}

TEST(Orientation, TurnsTheShapeOfPixelsToo) {
  constexpr PixelAspect kWide{16, 11};
  EXPECT_EQ(media::turned(kWide, {false, 0}), kWide);
  EXPECT_EQ(media::turned(kWide, {true, 1}), (PixelAspect{11, 16}));
}

TEST(Orientation, OfPicturesThatAreConvertedIsUndoneToo) {
  Folder folder;
  auto left_is_dark = [](int x, int) {
    return x < 16 ? std::array<int, 3>{0, 0, 0} : std::array<int, 3>{255, 255, 255};
  };
  write_image(folder / "stored.jpg", "mjpeg", AV_PIX_FMT_YUVJ444P, {32, 16}, left_is_dark);
  constexpr char kClockwise = 6;
  store(folder / "turned.jpg", with_exif(contents(folder / "stored.jpg"), kClockwise));
  Frame upright = read_all(folder / "turned.jpg").frames.at(0);
  ASSERT_EQ(upright.size(), (Size{16, 32}));
  EXPECT_LT(luma(upright, 8, 4), 8) << "what was left is above";
  EXPECT_GT(luma(upright, 8, 28), 247);
}

}  // namespace
}  // namespace inflight::test
