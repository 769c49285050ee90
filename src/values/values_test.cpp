#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <set>
#include <string>
#include <thread>

#include "inflight/frame.hpp"
#include "inflight/tensor.hpp"
#include "tensor_size.hpp"

namespace inflight {
namespace {

TEST(ErrorCode, HasANameOfItsOwnForEachValue) {
  std::set<std::string> names;
  int count = static_cast<int>(ErrorCode::internal) + 1;
  for (int i = 0; i < count; ++i) names.insert(to_string(static_cast<ErrorCode>(i)));
  EXPECT_EQ(names.size(), static_cast<std::size_t>(count));
  EXPECT_STREQ(to_string(ErrorCode::deadline_exceeded), "deadline_exceeded");
  EXPECT_STREQ(to_string(static_cast<ErrorCode>(99)), "internal");
}

TEST(Result, CarriesTheErrorThatFailMadeUnchanged) {
  Result<int> first = fail(ErrorCode::busy, "one");
  Result<std::string> second = fail(std::move(first.error()));
  EXPECT_EQ(second.error().code, ErrorCode::busy);
  EXPECT_EQ(second.error().message, "one");
}

TEST(FrameStatus, HasANameForEachValue) {
  EXPECT_STREQ(to_string(FrameStatus::emitted), "emitted");
  EXPECT_STREQ(to_string(FrameStatus::dropped), "dropped");
  EXPECT_STREQ(to_string(FrameStatus::failed), "failed");
}

TEST(ElementType, KnowsNamesAndSizes) {
  EXPECT_EQ(size_of(ElementType::u8), 1U);
  EXPECT_EQ(size_of(ElementType::bf16), 2U);
  EXPECT_EQ(size_of(ElementType::f64), 8U);
  EXPECT_EQ(size_of(ElementType::other), 0U);
  EXPECT_STREQ(to_string(ElementType::i64), "i64");
  EXPECT_STREQ(to_string(ElementType::other), "other");
}

TEST(Shape, CountsItsElements) {
  EXPECT_EQ(Shape({1, 3, 4, 5}).elements(), 60U);
  EXPECT_EQ(Shape().elements(), 1U);
  EXPECT_EQ(Shape({2, 0, 3}).elements(), 0U);
}

TEST(Shape, IsStaticUnlessADimensionIsOpen) {
  EXPECT_TRUE(Shape({1, 3}).is_static());
  EXPECT_TRUE(Shape().is_static());
  EXPECT_FALSE(Shape({-1, 3}).is_static());
}

TEST(Shape, ComparesRankAndDimensions) {
  EXPECT_EQ(Shape({1, 2}), Shape({1, 2}));
  EXPECT_NE(Shape({1, 2}), Shape({2, 1}));
  EXPECT_NE(Shape({1}), Shape({1, 0})) << "unused places must not count";
}

TEST(Shape, KeepsEightDimensionsAndNoMore) {
  std::vector<std::int64_t> nine(9, 2);
  EXPECT_EQ(Shape(nine).rank(), Shape::kMaxRank);
  EXPECT_EQ(Shape(nine).elements(), 256U);
}

TEST(Shape, IsWrittenWithAQuestionMarkForAnOpenDimension) {
  EXPECT_EQ(to_string(Shape({-1, 3, 256, 256})), "[?,3,256,256]");
  EXPECT_EQ(to_string(Shape()), "[]");
}

TEST(Tensor, IsAlignedAndZeroed) {
  for (std::int64_t size : {0, 1, 63, 64, 65, 1000}) {
    Tensor tensor(ElementType::f32, {size});
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(tensor.view().data()) % 64, 0U);
    EXPECT_EQ(tensor.view().bytes(), static_cast<std::size_t>(size) * 4);
    for (float x : tensor.view().as<float>()) EXPECT_EQ(x, 0.0F);
  }
}

TEST(Tensor, KeepsItsMemoryWhenMoved) {
  Tensor tensor(ElementType::u8, {4});
  std::byte* data = tensor.view().data();
  Tensor moved = std::move(tensor);
  EXPECT_EQ(moved.view().data(), data);
  moved.view().as<std::uint8_t>()[3] = 9;
  EXPECT_EQ(moved.view().as_bytes()[3], std::byte{9});
}

TEST(TensorView, OfNothingHasNoBytes) {
  EXPECT_EQ(TensorView().bytes(), 0U);
  EXPECT_EQ(Tensor().view().data(), nullptr);
}

TEST(Frame, OfItsOwnIsGreyAndHasThreePlanes) {
  Frame frame = Frame::allocate({5, 3});
  const Picture& picture = frame.picture();
  EXPECT_EQ(picture.chroma_size(), (Size{3, 2})) << "half, rounded up";
  EXPECT_EQ(picture.bytes(), 15U + 6U + 6U);
  for (const Plane& plane : picture.planes) EXPECT_EQ(plane.data[0], 128);
  EXPECT_EQ(picture.planes[1].data - picture.planes[0].data, 15);
  EXPECT_EQ(picture.planes[2].data[5], 128) << "the last byte";
}

TEST(Frame, MayHaveNoPixelsAtAll) {
  EXPECT_FALSE(Frame());
  EXPECT_EQ(Frame::allocate({0, 0}).picture().bytes(), 0U);
}

/// Counts how often it came back, as the pool of a source does.
class CountingBuffer final : public FrameBuffer {
 public:
  std::atomic<int> recycled = 0;

 private:
  void recycle() noexcept override { ++recycled; }
};

TEST(Frame, ReturnsItsBufferOnceWhenTheLastCopyGoes) {
  CountingBuffer buffer;
  {
    Frame first(buffer, Picture{});
    Frame second = first;
    Frame third = std::move(first);
    EXPECT_FALSE(first);  // NOLINT(bugprone-use-after-move): what it is after a move is the point
    second = Frame();
    EXPECT_EQ(buffer.recycled, 0);
    third = *&third;
    EXPECT_TRUE(third);
    EXPECT_EQ(buffer.recycled, 0);
  }
  EXPECT_EQ(buffer.recycled, 1);
}

TEST(Frame, MayUseARecycledBufferAgain) {
  CountingBuffer buffer;
  for (int i = 1; i <= 3; ++i) {
    {
      Frame frame(buffer, Picture{});
    }
    EXPECT_EQ(buffer.recycled, i);
  }
}

TEST(Frame, CopiesCarryItsNumberAndTimes) {
  Frame frame = Frame::allocate({2, 2});
  frame.source = 3;
  frame.id = 42;
  frame.timestamp = std::chrono::milliseconds(40);
  frame.read_at = TimePoint{} + std::chrono::milliseconds(7);
  Frame copy;
  copy = frame;
  EXPECT_EQ(copy.source, 3U);
  EXPECT_EQ(copy.id, 42U);
  EXPECT_EQ(copy.timestamp, frame.timestamp);
  EXPECT_EQ(copy.read_at, frame.read_at);
  EXPECT_EQ(copy.picture().planes[0].data, frame.picture().planes[0].data) << "the pixels are shared";
}

TEST(Frame, WithoutItsPixelsStillSaysWhatItWas) {
  CountingBuffer buffer;
  Frame frame(buffer, Picture{});
  frame.source = 3;
  frame.id = 7;
  frame.timestamp = std::chrono::seconds(2);
  frame.set_file("pets/cat.png");
  Frame copy = frame;
  frame.drop_pixels();
  EXPECT_FALSE(frame);
  EXPECT_EQ(frame.source, 3U);
  EXPECT_EQ(frame.id, 7U);
  EXPECT_EQ(frame.timestamp, std::chrono::seconds(2));
  EXPECT_EQ(frame.file(), "pets/cat.png");
  EXPECT_TRUE(copy);
  EXPECT_EQ(copy.file(), "pets/cat.png");
  EXPECT_EQ(Frame().file(), "");
}

TEST(Frame, IsReturnedOnceWhicheverThreadLetsItGoLast) {
  CountingBuffer buffer;
  constexpr int kRounds = 200;
  for (int round = 0; round < kRounds; ++round) {
    Frame frame(buffer, Picture{});
    std::jthread other([copy = frame]() mutable { copy = Frame(); });
    frame = Frame();
  }
  EXPECT_EQ(buffer.recycled, kRounds);
}

TEST(BytesOf, IsExactOrNothing) {
  constexpr std::int64_t k62 = std::int64_t{1} << 62;
  EXPECT_EQ(bytes_of(ElementType::f32, {2, 3}), 24U);
  EXPECT_EQ(bytes_of(ElementType::u8, {}), 1U);
  EXPECT_EQ(bytes_of(ElementType::f32, {k62, 0, k62}), 0U);
  EXPECT_FALSE(bytes_of(ElementType::f32, {-1, 3}));
  EXPECT_FALSE(bytes_of(ElementType::other, {1}));
  EXPECT_FALSE(bytes_of(ElementType::f32, {1, 1, k62 + 4, 7})) << "would wrap to 112";
  EXPECT_FALSE(bytes_of(ElementType::u8, {std::int64_t{1} << 32, std::int64_t{1} << 32}));
}

TEST(Tensor, CannotBeLargerThanMemoryIs) {
  EXPECT_THROW(Tensor(ElementType::f32, {1, 1, (std::int64_t{1} << 62) + 4, 7}), std::bad_alloc);
}

}  // namespace
}  // namespace inflight
