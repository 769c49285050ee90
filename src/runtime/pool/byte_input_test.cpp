#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "testing/sim_queue.hpp"
#include "virtual_device.hpp"

namespace inflight {
namespace {

CompileOptions with_mean_and_scale() {
  CompileOptions options;
  options.mean = {123.675F, 116.28F, 103.53F};
  options.scale = {58.395F, 57.12F, 57.375F};
  return options;
}

/// The simulated outputs are a hash of every byte of the input: equal outputs mean equal inputs, bit for bit.
std::vector<float> infer(InferRequest& request, VirtualClock& clock) {
  bool good = false;
  EXPECT_TRUE(request.start([&](const Outcome& outcome) { good = outcome.has_value(); }));
  clock.run_until_idle();
  EXPECT_TRUE(good);
  return rows_of(request.output(0).value());
}

struct Case {
  const char* input;
  bool interleaved;
};

class TakeBytes : public testing::TestWithParam<Case> {
 protected:
  std::shared_ptr<CompiledModel> simulated() {
    return simulate(std::string("input=") + GetParam().input + ":f32", clock);
  }
  std::vector<std::uint8_t> picture(std::size_t size) {
    std::mt19937 random(7);
    std::vector<std::uint8_t> bytes(size);
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
    return bytes;
  }
  /// One number after the other, as the formula says.
  void convert(const std::vector<std::uint8_t>& bytes, TensorView floats) {
    CompileOptions options = with_mean_and_scale();
    std::size_t plane = bytes.size() / static_cast<std::size_t>(floats.shape()[0]) / 3;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      std::size_t channel = GetParam().interleaved ? i % 3 : i / plane % 3;
      floats.as<float>()[i] = (static_cast<float>(bytes[i]) - options.mean[channel]) / options.scale[channel];
    }
  }
  VirtualClock clock;
};

TEST_P(TakeBytes, GivesTheModelWhatPreprocessingInFloatsWouldBitForBit) {
  auto floats = simulated();
  auto bytes = take_bytes(simulated(), with_mean_and_scale());
  ASSERT_EQ(bytes->info().inputs[0].type, ElementType::u8);
  ASSERT_EQ(bytes->info().inputs[0].shape, floats->info().inputs[0].shape);

  auto expected = floats->create_request().value(), actual = bytes->create_request().value();
  TensorView input = actual->input(0).value();
  auto pixels = picture(input.bytes());
  std::ranges::copy(pixels, input.as<std::uint8_t>().begin());
  convert(pixels, expected->input(0).value());
  EXPECT_EQ(infer(*actual, clock), infer(*expected, clock));

  TensorView theirs(pixels.data(), ElementType::u8, input.shape());
  std::ranges::reverse(pixels);
  ASSERT_TRUE(actual->set_input(0, theirs));
  convert(pixels, expected->input(0).value());
  EXPECT_EQ(infer(*actual, clock), infer(*expected, clock)) << "from the user's memory";
  EXPECT_EQ(actual->input(0)->data(), input.data()) << "its own again, from now on";
}

INSTANTIATE_TEST_SUITE_P(All, TakeBytes,
                         testing::Values(Case{"1x3x5x7", false}, Case{"2x3x16x16", false}, Case{"1x5x7x3", true},
                                         Case{"3x16x17x3", true}, Case{"1x3x1x1", false}));

TEST(TakeBytesOf, LeavesAloneWhatTakesBytesOrIsNoPicture) {
  VirtualClock clock;
  for (const char* input : {"1x3x4x4:u8", "1x12:f32", "1x4x8x8:f32"}) {
    auto inner = simulate(std::string("input=") + input, clock);
    EXPECT_EQ(take_bytes(inner, {}), inner) << input;
  }
}

TEST(TakeBytesOf, RefusesWhatDoesNotFitAndWhatComesWhileItRuns) {
  VirtualClock clock;
  auto model = take_bytes(simulate("latency=1ms,input=1x3x4x4:f32", clock), {});
  auto request = model->create_request().value();
  Tensor floats(ElementType::f32, {1, 3, 4, 4}), small(ElementType::u8, {1, 3, 2, 2}),
      good(ElementType::u8, {1, 3, 4, 4});
  EXPECT_EQ(request->set_input(0, floats).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(request->set_input(0, small).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(request->set_input(1, good).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(request->input(1).error().code, ErrorCode::invalid_argument);
  bool cancelled = false;
  ASSERT_TRUE(request->start([&](const Outcome& o) { cancelled = name_of(o) == "cancelled"; }));
  EXPECT_EQ(request->input(0).error().code, ErrorCode::busy);
  EXPECT_EQ(request->set_input(0, good).error().code, ErrorCode::busy);
  EXPECT_EQ(request->start([](const Outcome&) {}).error().code, ErrorCode::busy);
  request->cancel();
  clock.run_until_idle();
  EXPECT_TRUE(cancelled);
}

}  // namespace
}  // namespace inflight
