#include "messages.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace inflight {
namespace {

CompileOptions unusual_options() {
  CompileOptions options;
  options.hint = PerformanceHint::latency;
  options.requests = 7;
  options.execution_streams = 3;
  options.threads = 5;
  options.batch = 2;
  options.shapes = {{"", Shape{1, 3, 320, 320}}, {"mask", Shape{-1, 4}}};
  options.input_type = ElementType::f16;
  options.output_type = ElementType::f32;
  options.precision = ElementType::bf16;
  options.u8_input = false;
  options.mean = {0.1F, 123.675F, -1};
  options.scale = {58.395F, 1, 0.017F};
  options.cache_dir = "/tmp/\xff not UTF-8";
  options.properties = {{"PERF_COUNT", "YES"}};
  options.batching = {4, std::chrono::microseconds(1234)};
  options.process = {std::chrono::seconds(5), std::chrono::seconds(70)};
  options.auto_batching = false;
  return options;
}

void expect_equal(const CompileOptions& a, const CompileOptions& b) {
  EXPECT_EQ(a.hint, b.hint);
  EXPECT_EQ(a.requests, b.requests);
  EXPECT_EQ(a.execution_streams, b.execution_streams);
  EXPECT_EQ(a.threads, b.threads);
  EXPECT_EQ(a.batch, b.batch);
  EXPECT_EQ(a.shapes, b.shapes);
  EXPECT_EQ(a.input_type, b.input_type);
  EXPECT_EQ(a.output_type, b.output_type);
  EXPECT_EQ(a.precision, b.precision);
  EXPECT_EQ(a.u8_input, b.u8_input);
  EXPECT_EQ(a.mean, b.mean);
  EXPECT_EQ(a.scale, b.scale);
  EXPECT_EQ(a.cache_dir, b.cache_dir);
  EXPECT_EQ(a.properties, b.properties);
  EXPECT_EQ(a.batching.max_size, b.batching.max_size);
  EXPECT_EQ(a.batching.max_delay, b.batching.max_delay);
  EXPECT_EQ(a.process.answer_time, b.process.answer_time);
  EXPECT_EQ(a.process.compile_time, b.process.compile_time);
  EXPECT_EQ(a.auto_batching, b.auto_batching);
}

TEST(Messages, CarryEveryOptionThatIsData) {
  for (const CompileOptions& options : {CompileOptions{}, unusual_options()}) {
    auto order = decode_order(encode(CompileOrder{"a/\xfe.onnx", "AUTO:ov:CPU", options}));
    ASSERT_TRUE(order) << order.error().message;
    EXPECT_EQ(order->model, "a/\xfe.onnx");
    EXPECT_EQ(order->device, "AUTO:ov:CPU");
    expect_equal(order->options, options);
  }
}

TEST(Messages, CarryWhatACompiledModelTells) {
  ModelInfo info{
      "m", {{"in", ElementType::u8, {1, 3, 4, 4}, "NCHW"}}, {{"out", ElementType::f32, {}, ""}}, {{"a", "b"}}};
  auto state = decode_state(encode(CompiledState{info, {"ov", "ov:CPU", "bf16", 2}, 4}));
  ASSERT_TRUE(state) << state.error().message;
  EXPECT_EQ(state->info.name, "m");
  EXPECT_EQ(state->info.inputs.at(0).name, "in");
  EXPECT_EQ(state->info.inputs.at(0).type, ElementType::u8);
  EXPECT_EQ(state->info.inputs.at(0).shape, (Shape{1, 3, 4, 4}));
  EXPECT_EQ(state->info.inputs.at(0).layout, "NCHW");
  EXPECT_EQ(state->info.outputs.at(0).shape.rank(), 0U);
  EXPECT_EQ(state->info.metadata.at("a"), "b");
  EXPECT_EQ(state->runtime.device, "ov:CPU");
  EXPECT_EQ(state->runtime.precision, "bf16");
  EXPECT_EQ(state->runtime.execution_streams, 2);
  EXPECT_EQ(state->optimal_requests, 4);
}

TEST(Messages, CarryEvents) {
  DeviceEvent told{TimePoint(Duration(5)), "ready", "ov:CPU", "compiled", 12.5};
  auto with = decode_event(encode(ForwardedEvent{told, RuntimeInfo{"ov", "ov:CPU", "f32", 1}}));
  ASSERT_TRUE(with);
  EXPECT_EQ(with->event.at, told.at);
  EXPECT_EQ(with->event.kind, "ready");
  EXPECT_EQ(with->event.inferences_per_second, 12.5);
  EXPECT_EQ(with->runtime->engine, "ov");
  auto without = decode_event(encode(ForwardedEvent{{{}, "failed", "", "", {}}, std::nullopt}));
  ASSERT_TRUE(without);
  EXPECT_FALSE(without->runtime || without->event.inferences_per_second);
}

CompiledState honest() {
  ModelInfo info{"m", {{"in", ElementType::u8, {1, 3, 4, 4}, "NCHW"}}, {{"out", ElementType::f32, {1, 7}, ""}}, {}};
  return {info, {"ov", "ov:CPU", "bf16", 2}, 4};
}

TEST(Messages, RefuseModelsThatCannotBe) {
  auto refuses = [](auto change) {
    CompiledState state = honest();
    change(state);
    Result<CompiledState> decoded = decode_state(encode(state));
    return !decoded && decoded.error().code == ErrorCode::internal;
  };
  EXPECT_FALSE(refuses([](CompiledState&) {}));
  EXPECT_TRUE(refuses([](CompiledState& s) { s.info.outputs[0].type = static_cast<ElementType>(9); }));
  EXPECT_TRUE(refuses([](CompiledState& s) { s.info.outputs[0].type = static_cast<ElementType>(200); }));
  EXPECT_TRUE(refuses([](CompiledState& s) { s.info.outputs[0].shape[1] = -2; }));
  EXPECT_TRUE(refuses([](CompiledState& s) { s.info.outputs.resize(2000); }));
  EXPECT_TRUE(refuses([](CompiledState& s) { s.optimal_requests = 0; }));
  EXPECT_TRUE(refuses([](CompiledState& s) { s.optimal_requests = -1; }));
  EXPECT_TRUE(refuses([](CompiledState& s) { s.optimal_requests = 1 << 30; }));
  EXPECT_TRUE(refuses([](CompiledState& s) { s.runtime.execution_streams = -1; }));
}

TEST(Messages, MakeNamesFitToBeShown) {
  CompiledState state = honest();
  state.runtime.device = "ov:\x1b[31m\xff";
  state.info.name = "a\nb";
  state.info.outputs[0].name = std::string(5000, 'x');
  CompiledState decoded = decode_state(encode(state)).value();
  EXPECT_EQ(decoded.runtime.device, "ov: [31m\xef\xbf\xbd");
  EXPECT_EQ(decoded.info.name, "a b");
  EXPECT_EQ(decoded.info.outputs[0].name.size(), 1024U);
  DeviceEvent told{{}, "ready", "d\n", std::string(100000, 't'), {}};
  ForwardedEvent event = decode_event(encode(ForwardedEvent{told, std::nullopt})).value();
  EXPECT_EQ(event.event.device, "d ");
  EXPECT_EQ(event.event.text.size(), 4096U);
  told.inferences_per_second = std::numeric_limits<double>::infinity();
  EXPECT_FALSE(decode_event(encode(ForwardedEvent{told, std::nullopt})));
}

TEST(Messages, RefuseWhatIsNone) {
  Encoded noise(40, std::byte{0xff});
  EXPECT_EQ(decode_order(noise).error().code, ErrorCode::internal);
  EXPECT_EQ(decode_state({}).error().code, ErrorCode::internal);
  EXPECT_EQ(decode_event(encode(CompileOrder{})).error().code, ErrorCode::internal);
}

}  // namespace
}  // namespace inflight
