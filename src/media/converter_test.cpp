#include "converter.hpp"

#include <gtest/gtest.h>

#include <array>
#include <tuple>

namespace inflight::media {
namespace {

constexpr Size kSize{48, 32};

/// The same red in every combination of matrix and range (ITU-R BT.601, BT.709, BT.2020; 8 bits).
std::array<int, 3> red_in(ColorLook look) {
  bool full = look.range == ColorRange::full;
  if (look.matrix == ColorMatrix::bt2020) return full ? std::array{67, 92, 255} : std::array{74, 97, 240};
  if (look.matrix == ColorMatrix::bt709) return full ? std::array{54, 99, 255} : std::array{63, 102, 240};
  return full ? std::array{76, 85, 255} : std::array{81, 90, 240};
}

Frame filled(PicturePool& pool, ColorLook look, const std::array<int, 3>& color) {
  Frame frame = pool.allocate(kSize, look);
  for (std::size_t p = 0; p < 3; ++p) {
    const Plane& plane = frame.picture().planes[p];
    int rows = p == 0 ? kSize.height : kSize.height / 2;
    for (int y = 0; y < rows; ++y) {
      std::fill_n(plane.data + static_cast<std::ptrdiff_t>(y) * plane.stride, plane.stride,
                  static_cast<std::uint8_t>(color[p]));
    }
  }
  return frame;
}

using Looks = std::tuple<ColorMatrix, ColorRange, ColorMatrix, ColorRange>;
class ConverterLooks : public testing::TestWithParam<Looks> {};

// All pairs, at the same size: swscale has shortcuts there that forget about ranges.
TEST_P(ConverterLooks, KeepTheColorThatIsMeant) {
  auto [from_matrix, from_range, to_matrix, to_range] = GetParam();
  ColorLook from{from_matrix, from_range}, to{to_matrix, to_range};
  PicturePool pool;
  Frame source = filled(pool, from, red_in(from));
  Frame target = filled(pool, to, {0, 0, 0});
  Converter converter;
  ASSERT_TRUE(converter.convert(image_of(source.picture()), image_of(target.picture())));
  for (std::size_t p = 0; p < 3; ++p) EXPECT_NEAR(target.picture().planes[p].data[0], red_in(to)[p], 3) << p;
}

INSTANTIATE_TEST_SUITE_P(OfEveryPair, ConverterLooks,
                         testing::Combine(testing::Values(ColorMatrix::bt601, ColorMatrix::bt709, ColorMatrix::bt2020),
                                          testing::Values(ColorRange::limited, ColorRange::full),
                                          testing::Values(ColorMatrix::bt601, ColorMatrix::bt709, ColorMatrix::bt2020),
                                          testing::Values(ColorRange::limited, ColorRange::full)));

TEST(Converter, FollowsAChangeOfWhatItConverts) {
  PicturePool pool;
  Converter converter;
  ColorLook limited{ColorMatrix::bt601, ColorRange::limited}, full{ColorMatrix::bt601, ColorRange::full};
  Frame target = pool.allocate(kSize, full);
  Frame black = filled(pool, limited, {16, 128, 128});
  ASSERT_TRUE(converter.convert(image_of(black.picture()), image_of(target.picture())));
  EXPECT_EQ(target.picture().planes[0].data[0], 0);
  Frame grey = filled(pool, full, {16, 128, 128});
  ASSERT_TRUE(converter.convert(image_of(grey.picture()), image_of(target.picture())));
  EXPECT_EQ(target.picture().planes[0].data[0], 16);
}

TEST(Converter, TakesPixelsOfARareMatrixToOneThatFramesHave) {
  PicturePool pool;
  // Green by SMPTE 240M, which weighs it 0.701, then by BT.709, which weighs it 0.7152.
  Frame green = filled(pool, {ColorMatrix::bt709, ColorRange::limited}, {170, 42, 28});
  Frame target = pool.allocate(kSize, {ColorMatrix::bt709, ColorRange::limited});
  Image from = image_of(green.picture());
  from.rare_matrix = AVCOL_SPC_SMPTE240M;
  EXPECT_FALSE(is_i420(from));
  Converter converter;
  ASSERT_TRUE(converter.convert(from, image_of(target.picture())));
  constexpr std::array kExpected{173, 42, 26};
  for (std::size_t p = 0; p < 3; ++p) EXPECT_NEAR(target.picture().planes[p].data[0], kExpected[p], 2) << p;
}

/// A frame that says nothing, or something, about its colours; it has no pixels.
Image image_of_frame(int format, int height, AVColorSpace matrix, AVColorRange range,
                     ColorMatrix assumed = ColorMatrix::bt601) {
  AvFrame frame(av_frame_alloc());
  frame->format = format;
  frame->width = 64;
  frame->height = height;
  frame->colorspace = matrix;
  frame->color_range = range;
  return image_of(*frame, assumed);
}

TEST(ImageOf, BelievesTheFrameAndElseWhatIsAssumedWhateverItsSize) {
  auto matrix = [](int height, AVColorSpace said) {
    return image_of_frame(AV_PIX_FMT_YUV420P, height, said, AVCOL_RANGE_UNSPECIFIED).look.matrix;
  };
  EXPECT_EQ(matrix(480, AVCOL_SPC_UNSPECIFIED), ColorMatrix::bt601);
  EXPECT_EQ(matrix(1080, AVCOL_SPC_UNSPECIFIED), ColorMatrix::bt601);
  EXPECT_EQ(
      image_of_frame(AV_PIX_FMT_YUV420P, 480, AVCOL_SPC_UNSPECIFIED, AVCOL_RANGE_MPEG, ColorMatrix::bt709).look.matrix,
      ColorMatrix::bt709);
  EXPECT_EQ(
      image_of_frame(AV_PIX_FMT_YUV420P, 480, AVCOL_SPC_SMPTE170M, AVCOL_RANGE_MPEG, ColorMatrix::bt709).look.matrix,
      ColorMatrix::bt601);
  EXPECT_EQ(matrix(2160, AVCOL_SPC_BT2020_NCL), ColorMatrix::bt2020);
  EXPECT_EQ(image_of_frame(AV_PIX_FMT_YUV420P, 480, AVCOL_SPC_SMPTE240M, AVCOL_RANGE_MPEG).rare_matrix,
            AVCOL_SPC_SMPTE240M);
  EXPECT_EQ(matrix(1080, AVCOL_SPC_SMPTE170M), ColorMatrix::bt601);
  EXPECT_EQ(matrix(480, AVCOL_SPC_BT709), ColorMatrix::bt709);
}

TEST(ImageOf, KnowsFullRangeByNameAndByWord) {
  auto look = [](int format, AVColorRange said) {
    return image_of_frame(format, 64, AVCOL_SPC_UNSPECIFIED, said).look.range;
  };
  EXPECT_EQ(look(AV_PIX_FMT_YUV420P, AVCOL_RANGE_UNSPECIFIED), ColorRange::limited);
  EXPECT_EQ(look(AV_PIX_FMT_YUV420P, AVCOL_RANGE_JPEG), ColorRange::full);
  EXPECT_EQ(look(AV_PIX_FMT_YUVJ420P, AVCOL_RANGE_UNSPECIFIED), ColorRange::full);
  EXPECT_EQ(look(AV_PIX_FMT_RGB24, AVCOL_RANGE_UNSPECIFIED), ColorRange::full);
}

TEST(Converter, RefusesLayoutsThatItDoesNotKnow) {
  start_ffmpeg();  // else FFmpeg prints what it thinks
  PicturePool pool;
  Frame target = pool.allocate(kSize, {});
  Image strange = image_of(target.picture());
  strange.format = AV_PIX_FMT_VAAPI;
  Converter converter;
  auto done = converter.convert(strange, image_of(target.picture()));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::unreadable_input);
  EXPECT_NE(done.error().message.find("vaapi"), std::string::npos);
}

}  // namespace
}  // namespace inflight::media
