// Batching by itself over real engines: whatever it decides, results stay what they are without it.
#include <gmock/gmock.h>

#include <cmath>
#include <future>

#include "inflight/infer_queue.hpp"
#include "subjects.hpp"

namespace inflight {
namespace {

std::vector<float> outputs_of(InferRequest& request, float value) {
  std::ranges::fill(request.input(0).value().as<float>(), value);
  std::promise<void> ended;
  EXPECT_TRUE(request.start([&](const Outcome& outcome) {
    EXPECT_TRUE(outcome);
    ended.set_value();
  }));
  ended.get_future().get();
  auto output = request.output(0).value().as<float>();
  return {output.begin(), output.end()};
}

/// Until it is decided whether batches pay, and a little longer, all at once and each with its own contents.
void infer_until_decided(CompiledModel& model, std::future<std::string>& decision,
                         const std::vector<std::vector<float>>& expected) {
  std::vector<std::unique_ptr<InferRequest>> requests;
  for (std::size_t i = 0; i < expected.size(); ++i) requests.push_back(model.create_request().value());
  bool decided = false;
  while (!std::exchange(decided, decision.wait_for(std::chrono::seconds(0)) == std::future_status::ready)) {
    std::vector<std::future<std::vector<float>>> results;
    for (std::size_t i = 0; i < requests.size(); ++i)
      results.push_back(
          std::async(std::launch::async, [&, i] { return outputs_of(*requests[i], static_cast<float>(i) * 20); }));
    for (std::size_t i = 0; i < results.size(); ++i) {
      // Another batch size adds up in another order.
      EXPECT_THAT(results[i].get(), testing::Pointwise(testing::FloatNear(1e-3F), expected[i]));
    }
  }
}

TEST(AutoBatching, KeepsTheResultsOfARealEngine) {
  if (std::string reason = why_not("ov"); !reason.empty()) GTEST_SKIP() << reason;
  std::string file = asset("person-reidentification-retail-0287.xml");
  CompileOptions options;
  options.precision = ElementType::f32;
  options.u8_input = false;
  auto single = compile_model(file, "ov:CPU", options).value();
  auto request = single->create_request().value();
  std::vector<std::vector<float>> expected;
  for (int i = 0; i < 4; ++i) expected.push_back(outputs_of(*request, static_cast<float>(i) * 20));

  auto told = std::make_shared<std::promise<std::string>>();
  std::future<std::string> decision = told->get_future();
  options.auto_batching = true;
  options.batching.max_size = 2;
  options.on_event = [told](const DeviceEvent& event) {
    if (event.kind == "batching") told->set_value(event.text);
  };
  auto model = compile_model(file, "ov:CPU", options).value();
  infer_until_decided(*model, decision, expected);
  EXPECT_THAT(decision.get(), testing::HasSubstr("inferences/s"));
}

}  // namespace
}  // namespace inflight
