#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "convert.hpp"
#include "geometry.hpp"
#include "test_pictures.hpp"

namespace inflight {
namespace {

using testing::flat;
using testing::gradient;
using ::testing::HasSubstr;
using testing::image_port;
using testing::noise;

/// One image's input tensor, with a margin of known bytes on both sides that nobody may touch.
class GuardedInput {
 public:
  GuardedInput(ElementType type, Size size, bool planar) : type_(type), size_(size), planar_(planar) {
    bytes_.assign(shape().elements() * size_of(type) + 2 * kMargin, kUntouched);
  }
  Shape shape() const {
    return planar_ ? Shape{1, 3, size_.height, size_.width} : Shape{1, size_.height, size_.width, 3};
  }
  Port port() const { return image_port(type_, shape()); }
  TensorView view() { return {bytes_.data() + kMargin, type_, shape()}; }

  float at(int x, int y, int channel) {
    std::int64_t i = planar_ ? (std::int64_t{channel} * size_.height + y) * size_.width + x
                             : (std::int64_t{y} * size_.width + x) * 3 + channel;
    auto index = static_cast<std::size_t>(i);
    if (type_ == ElementType::u8) return view().as<std::uint8_t>()[index];
    if (type_ == ElementType::f16) return to_float(view().as<Half>()[index]);
    return view().as<float>()[index];
  }

  bool margins_untouched() const {
    auto untouched = [](std::uint8_t b) { return b == kUntouched; };
    return std::all_of(bytes_.begin(), bytes_.begin() + kMargin, untouched) &&
           std::all_of(bytes_.end() - kMargin, bytes_.end(), untouched);
  }

 private:
  static constexpr std::ptrdiff_t kMargin = 4096;
  static constexpr std::uint8_t kUntouched = 0xCD;
  ElementType type_;
  Size size_;
  bool planar_;
  std::vector<std::uint8_t> bytes_;
};

GuardedInput preprocess(const Picture& picture, Size model, const PreprocessOptions& options = {},
                        ElementType type = ElementType::u8, bool planar = true) {
  GuardedInput input(type, model, planar);
  auto preprocessor = make_preprocessor(input.port(), options);
  EXPECT_TRUE(preprocessor) << preprocessor.error().message;
  auto done = (*preprocessor)->run(picture, input.view());
  EXPECT_TRUE(done) << done.error().message;
  EXPECT_TRUE(input.margins_untouched());
  return input;
}

void expect_same(GuardedInput& a, GuardedInput& b, Size size) {
  for (int y = 0; y < size.height; ++y) {
    for (int x = 0; x < size.width; ++x) {
      for (int c = 0; c < 3; ++c) ASSERT_EQ(a.at(x, y, c), b.at(x, y, c)) << x << ',' << y << ',' << c;
    }
  }
}

constexpr ElementType kTypes[] = {ElementType::u8, ElementType::f16, ElementType::f32};

TEST(Preprocessor, ConvertsColoursByThePicturesOwnMatrixAndRange) {
  for (ColorMatrix matrix : {ColorMatrix::bt601, ColorMatrix::bt709, ColorMatrix::bt2020}) {
    for (ColorRange range : {ColorRange::limited, ColorRange::full}) {
      for (int i = 0; i < 9 * 9 * 9; ++i) {
        double y = 16 + 27 * (i % 9), u = 16 + 27 * (i / 9 % 9), v = 16 + 27 * (i / 81);
        Frame frame = flat({4, 4}, y, u, v);
        Picture picture = frame.picture();
        picture.matrix = matrix;
        picture.range = range;
        auto expected = testing::to_bgr({y, u, v}, matrix, range);
        // libyuv cannot multiply by more than 2: blue in limited range needs 2.017 (BT.601) to 2.142 (BT.2020).
        double kb = testing::luma_weights(matrix)[1];
        double missing = range == ColorRange::full ? 0 : 2 * (1 - kb) * 255 / 224 - 2;
        GuardedInput bgr = preprocess(picture, {4, 4});
        GuardedInput rgb = preprocess(picture, {4, 4}, {.channels = ChannelOrder::rgb});
        GuardedInput rgb_mixed = preprocess(picture, {4, 4}, {.channels = ChannelOrder::rgb}, ElementType::u8, false);
        for (int c = 0; c < 3; ++c) {
          double tolerance = 2 + (c == 0 ? missing * std::abs(u - 128) : 0);
          ASSERT_NEAR(bgr.at(1, 2, c), expected[static_cast<std::size_t>(c)], tolerance) << y << ' ' << u << ' ' << v;
          ASSERT_NEAR(rgb.at(1, 2, 2 - c), bgr.at(1, 2, c), 1);
          ASSERT_EQ(rgb_mixed.at(1, 2, c), rgb.at(1, 2, c));
        }
      }
    }
  }
}

TEST(Preprocessor, ScalesAGradientInPlace) {
  auto shade = [](double x, double y) {
    return testing::to_bgr({40 + 100 * x + 60 * y, 100 + 50 * x, 110 + 40 * y}, ColorMatrix::bt601,
                           ColorRange::limited);
  };
  for (Size source : {Size{768, 432}, Size{100, 60}, Size{1920, 1080}, Size{333, 217}, Size{256, 256}}) {
    Frame frame = gradient(source);
    GuardedInput input = preprocess(frame.picture(), {256, 256});
    for (int y = 0; y < 256; y += 5) {
      for (int x = 0; x < 256; x += 5) {
        auto expected = shade((x + 0.5) / 256, (y + 0.5) / 256);
        for (int c = 0; c < 3; ++c) {
          ASSERT_NEAR(input.at(x, y, c), expected[static_cast<std::size_t>(c)], 5)
              << source.width << ' ' << x << ' ' << y;
        }
      }
    }
  }
}

TEST(Preprocessor, GivesTheSameNumbersInEveryLayoutAndType) {
  for (Size source : {Size{200, 100}, Size{33, 77}, Size{64, 64}}) {
    for (ResizeMode resize : {ResizeMode::stretch, ResizeMode::letterbox_center, ResizeMode::letterbox_top_left}) {
      Frame frame = noise(source);
      Size model{64, 48};
      GuardedInput expected = preprocess(frame.picture(), model, {.resize = resize});
      for (ElementType type : kTypes) {
        for (bool planar : {true, false}) {
          SCOPED_TRACE(::testing::Message() << to_string(type) << (planar ? " NCHW" : " NHWC"));
          GuardedInput input = preprocess(frame.picture(), model, {.resize = resize}, type, planar);
          expect_same(input, expected, model);
        }
      }
    }
  }
}

TEST(Preprocessor, AppliesMeanAndScaleInChannelOrder) {
  Frame frame = noise({50, 40});
  PreprocessOptions options;
  options.mean = {10, 20, 30};
  options.scale = {2, 4, 8};
  GuardedInput pixels = preprocess(frame.picture(), {50, 40});
  for (bool planar : {true, false}) {
    GuardedInput input = preprocess(frame.picture(), {50, 40}, options, ElementType::f32, planar);
    for (int c = 0; c < 3; ++c) {
      auto channel = static_cast<std::size_t>(c);
      EXPECT_EQ(input.at(17, 23, c), (pixels.at(17, 23, c) - options.mean[channel]) / options.scale[channel]);
    }
  }
}

TEST(Preprocessor, RoundsHalvesFromTheExactValue) {
  Frame frame = noise({20, 20});
  PreprocessOptions options;
  options.scale = {255, 255, 255};
  GuardedInput exact = preprocess(frame.picture(), {20, 20}, options, ElementType::f32);
  GuardedInput halves = preprocess(frame.picture(), {20, 20}, options, ElementType::f16);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(halves.at(i, i, i % 3), to_float(to_half(exact.at(i, i, i % 3))));
}

TEST(Preprocessor, PadsEveryPixelOutsideThePictureAndNoneInside) {
  Frame white = flat({60, 20}, 235, 128, 128);
  for (ElementType type : kTypes) {
    for (bool planar : {true, false}) {
      for (ResizeMode resize : {ResizeMode::letterbox_center, ResizeMode::letterbox_top_left}) {
        for (Size model : {Size{32, 32}, Size{96, 16}, Size{31, 33}}) {
          GuardedInput input = preprocess(white.picture(), model, {.resize = resize}, type, planar);
          Placement placed = place({60, 20}, model, resize);
          for (int y = 0; y < model.height; ++y) {
            for (int x = 0; x < model.width; ++x) {
              bool inside = x >= placed.left && x < placed.left + placed.size.width && y >= placed.top &&
                            y < placed.top + placed.size.height;
              for (int c = 0; c < 3; ++c) ASSERT_NEAR(input.at(x, y, c), inside ? 255 : 114, inside ? 1 : 0);
            }
          }
        }
      }
    }
  }
}

TEST(Preprocessor, PaddingIsNormalisedLikePixels) {
  PreprocessOptions options{.resize = ResizeMode::letterbox_top_left};
  options.scale = {255, 255, 255};
  Frame frame = noise({40, 10});
  GuardedInput input = preprocess(frame.picture(), {40, 40}, options, ElementType::f32);
  EXPECT_EQ(input.at(39, 39, 1), 114.0F / 255.0F);
}

TEST(Preprocessor, TakesTinyOddAndExtremePictures) {
  for (Size source : {Size{1, 1}, Size{3, 5}, Size{1, 999}, Size{999, 1}, Size{2, 2}}) {
    Frame frame = flat(source, 126, 128, 128);
    for (ResizeMode resize : {ResizeMode::stretch, ResizeMode::letterbox_center, ResizeMode::letterbox_top_left}) {
      GuardedInput input = preprocess(frame.picture(), {30, 30}, {.resize = resize, .padding = 128});
      for (int i = 0; i < 900; ++i) ASSERT_NEAR(input.at(i % 30, i / 30, i % 3), 128, 1);
    }
  }
}

TEST(Preprocessor, ReportsTheTransformOfWhatItDid) {
  auto preprocessor =
      make_preprocessor(image_port(ElementType::u8, {1, 3, 64, 64}), {.resize = ResizeMode::letterbox_center});
  Tensor input(ElementType::u8, {1, 3, 64, 64});
  Frame frame = noise({80, 30});
  auto transform = (*preprocessor)->run(frame.picture(), input);
  SourceTransform expected = make_transform({80, 30}, {64, 64}, ResizeMode::letterbox_center);
  EXPECT_EQ(transform->factor_y, expected.factor_y);
  EXPECT_EQ(transform->offset_y, expected.offset_y);
  EXPECT_EQ(transform->source, (Size{80, 30}));
}

TEST(Preprocessor, RefusesATensorItWasNotMadeFor) {
  auto preprocessor = make_preprocessor(image_port(ElementType::u8, {1, 3, 16, 16}), {});
  Frame frame = noise({16, 16});
  for (auto& [type, shape] : {std::pair{ElementType::f32, Shape{1, 3, 16, 16}},
                              {ElementType::u8, Shape{1, 16, 16, 3}},
                              {ElementType::u8, Shape{1, 3, 16, 32}},
                              {ElementType::u8, Shape{0, 3, 16, 16}}}) {
    Tensor input(type, shape);
    auto done = (*preprocessor)->run(frame.picture(), input);
    ASSERT_FALSE(done) << to_string(shape);
    EXPECT_EQ(done.error().code, ErrorCode::invalid_argument);
  }
  Tensor input(ElementType::u8, {1, 3, 16, 16});
  EXPECT_FALSE((*preprocessor)->run(Picture{}, input));
}

TEST(Preprocessor, RefusesMeanOrScaleForEightBitInputs) {
  PreprocessOptions options;
  options.scale = {255, 255, 255};
  auto made = make_preprocessor(image_port(ElementType::u8, {1, 3, 16, 16}), options);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::invalid_argument);
  EXPECT_THAT(made.error().message, HasSubstr("u8_input"));
  options.scale = {0, 1, 1};
  EXPECT_FALSE(make_preprocessor(image_port(ElementType::f32, {1, 3, 16, 16}), options));
  EXPECT_EQ(make_preprocessor(image_port(ElementType::f32, {1, 10}), {}).error().code, ErrorCode::model_unusable);
}

TEST(Preprocessor, FillsABatchWithThePicture) {
  for (ElementType type : {ElementType::u8, ElementType::f16, ElementType::f32}) {
    for (const Shape& one : {Shape{1, 3, 16, 24}, Shape{1, 16, 24, 3}}) {
      Shape four = one;
      four[0] = 4;
      Tensor single(type, one), batch(type, four);
      std::ranges::fill(batch.view().as_bytes(), std::byte{0xAB});
      auto frame = noise({40, 30});
      PreprocessOptions options;
      options.resize = ResizeMode::letterbox_center;
      ASSERT_TRUE(make_preprocessor(image_port(type, one), options).value()->run(frame.picture(), single));
      ASSERT_TRUE(make_preprocessor(image_port(type, four), options).value()->run(frame.picture(), batch));
      std::span<std::byte> expected = single.view().as_bytes(), all = batch.view().as_bytes();
      for (std::size_t item = 0; item < 4; ++item)
        EXPECT_EQ(std::memcmp(&all[item * expected.size()], expected.data(), expected.size()), 0) << item;
    }
  }
}

}  // namespace
}  // namespace inflight
