#include "shared_tensors.hpp"

#include <gtest/gtest.h>

namespace inflight {
namespace {

TEST(SharedTensors, LieOneAfterTheOtherAlignedForEngines) {
  ModelInfo info{"m",
                 {{"a", ElementType::u8, {3}, ""}, {"b", ElementType::f32, {2, 2}, ""}},
                 {{"c", ElementType::f32, {}, ""}},
                 {}};
  TensorLayout layout = layout_of(info).value();
  EXPECT_EQ(layout.bytes, 192U);
  SharedTensors tensors(SharedMemory::create(layout.bytes).value(), layout);
  const std::byte* begin = tensors.memory().bytes().data();
  EXPECT_EQ(tensors.inputs().at(1).data() - begin, 64);
  EXPECT_EQ(tensors.outputs().at(0).data() - begin, 128);
  EXPECT_EQ(tensors.outputs().at(0).elements(), 1U);
}

TEST(SharedTensors, HaveSizesThatNoMultiplicationWraps) {
  constexpr std::int64_t k32 = std::int64_t{1} << 32;
  for (const Shape& shape : {Shape{k32, k32}, Shape{1, 1, (std::int64_t{1} << 62) + 4, 7}, Shape{k32 * 1024}}) {
    ModelInfo info{"m", {{"a", ElementType::u8, {3}, ""}}, {{"big", ElementType::f32, shape, ""}}, {}};
    Result<TensorLayout> layout = layout_of(info);
    ASSERT_FALSE(layout) << to_string(shape);
    EXPECT_EQ(layout.error().code, ErrorCode::device_unusable);
  }
  std::vector<Port> many(1000, Port{"big", ElementType::f32, {k32 / 4}, ""});
  EXPECT_FALSE(layout_of({"m", {}, many, {}})) << "each would do";
}

TEST(SharedTensors, NeedSizesThatAreKnownBeforehand) {
  ModelInfo info{"m", {{"a", ElementType::u8, {3}, ""}}, {{"boxes", ElementType::f32, {-1, 6}, ""}}, {}};
  auto layout = layout_of(info);
  ASSERT_FALSE(layout);
  EXPECT_EQ(layout.error().code, ErrorCode::device_unusable);
  EXPECT_NE(layout.error().message.find("\"boxes\""), std::string::npos);
  EXPECT_NE(layout.error().message.find("[?,6]"), std::string::npos);
}

}  // namespace
}  // namespace inflight
