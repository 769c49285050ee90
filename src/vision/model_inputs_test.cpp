#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "convert.hpp"
#include "test_outputs.hpp"

namespace inflight {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

ModelInfo with(std::vector<Port> inputs) { return {"model", std::move(inputs), {}, {}}; }

const Port kPicture{"image", ElementType::f32, {1, 3, 32, 64}, ""};

TEST(ModelInputs, AreThePictureAloneAsARule) {
  auto inputs = recognise_inputs(with({kPicture}));
  ASSERT_TRUE(inputs);
  EXPECT_EQ(inputs->picture, 0U);
  EXPECT_THAT(inputs->side, IsEmpty());
}

TEST(ModelInputs, MayComeInAnyOrder) {
  auto inputs = recognise_inputs(
      with({{"im_info", ElementType::f32, {1, 6}, ""}, kPicture, {"orig_target_sizes", ElementType::i64, {1, 2}, ""}}));
  ASSERT_TRUE(inputs) << inputs.error().message;
  EXPECT_EQ(inputs->picture, 1U);
  ASSERT_EQ(inputs->side.size(), 2U);
  EXPECT_EQ(inputs->side[0].port, 0U);
  EXPECT_EQ(inputs->side[0].kind, SideInput::Kind::image_info);
  EXPECT_EQ(inputs->side[1].port, 2U);
  EXPECT_EQ(inputs->side[1].kind, SideInput::Kind::picture_size);
}

TEST(ModelInputs, ThatNobodyUnderstandsAreNamed) {
  for (const Port& port :
       {Port{"state", ElementType::f32, {1, 3}, ""}, Port{"image_info", ElementType::f32, {1, 4}, ""},
        Port{"image_info", ElementType::u8, {1, 3}, ""}, Port{"other", ElementType::f32, {1, 3, 32, 64}, ""}}) {
    auto inputs = recognise_inputs(with({kPicture, port}));
    ASSERT_FALSE(inputs) << port.name;
    EXPECT_EQ(inputs.error().code, ErrorCode::model_unusable);
    EXPECT_THAT(inputs.error().message, AllOf(HasSubstr("'" + port.name + "'"), HasSubstr(to_string(port.shape))));
  }
}

std::vector<double> filled(SideInput::Kind kind, ElementType type, const Shape& shape) {
  Tensor tensor(type, shape);
  SourceTransform transform = make_transform({1920, 1080}, {64, 32}, ResizeMode::stretch);
  EXPECT_TRUE(write_side_input({0, kind}, transform, tensor));
  std::vector<double> values;
  for (std::size_t i = 0; i < shape.elements(); ++i) {
    TensorView view = tensor;
    if (type == ElementType::f32) values.push_back(view.as<float>()[i]);
    if (type == ElementType::f16) values.push_back(to_float(view.as<Half>()[i]));
    if (type == ElementType::i32) values.push_back(view.as<std::int32_t>()[i]);
    if (type == ElementType::i64) values.push_back(static_cast<double>(view.as<std::int64_t>()[i]));
  }
  return values;
}

TEST(ModelInputs, AreFilledAsTheirMakersFillThem) {
  using Kind = SideInput::Kind;
  for (ElementType type : {ElementType::f32, ElementType::f16, ElementType::i32, ElementType::i64}) {
    EXPECT_THAT(filled(Kind::image_info, type, {1, 3}), ElementsAre(32, 64, 1));
    EXPECT_THAT(filled(Kind::image_info, type, {1, 6}), ElementsAre(32, 64, 1, 1, 1, 1));
    EXPECT_THAT(filled(Kind::image_info, type, {2, 3}), ElementsAre(32, 64, 1, 32, 64, 1)) << "each of a batch";
    EXPECT_THAT(filled(Kind::picture_size, type, {1, 2}), ElementsAre(1920, 1080));
  }
  Tensor bytes(ElementType::u8, {1, 3});
  EXPECT_EQ(write_side_input({}, {}, bytes).error().code, ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace inflight
