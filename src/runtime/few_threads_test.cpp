// Where the system gives no further thread, devices fail with an error, and nobody waits for what cannot come.
#include "testing/few_threads.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "inflight/infer_queue.hpp"
#include "virtual_device.hpp"

namespace inflight::test {
namespace {

using ::testing::HasSubstr;

class FewThreadsDevice : public ::testing::TestWithParam<const char*> {
 protected:
  /// The first error of compiling, of making a queue and of an inference.
  Result<void> infer_once() {
    // A process answers in real time, for which simulated time does not wait.
    Clock* clock = std::string_view(GetParam()).starts_with("PROCESS") ? nullptr : &clock_;
    CompileOptions options;
    options.clock = clock;
    Result<std::shared_ptr<CompiledModel>> model = compile_model("model", GetParam(), options);
    if (!model) return fail(std::move(model.error()));
    InferQueueOptions how;
    how.clock = clock;
    Result<InferQueue> queue = InferQueue::create(*model, how);
    if (!queue) return fail(std::move(queue.error()));
    Result<InferQueue::Slot> slot = queue->acquire();
    if (!slot) return fail(std::move(slot.error()));
    Completed done = std::move(*slot).submit().get();
    return done.outcome ? Result<void>{} : fail(std::move(done.outcome.error()));
  }

 private:
  VirtualClock clock_;
  std::shared_ptr<void> driver_ = clock_.drive(2);
};

TEST_P(FewThreadsDevice, InfersOrSaysThatAThreadIsMissing) {
  constexpr int kEnough = 8;
  for (int threads = 0; threads < kEnough; ++threads) {
    FewThreads few(threads);
    Result<void> done = infer_once();
    if (!done) {
      EXPECT_THAT(done.error().message, HasSubstr("could not be started")) << threads;
    }
    EXPECT_FALSE(threads == 0 && done) << "the queue has a thread of its own";
  }
  EXPECT_TRUE(infer_once());
}

INSTANTIATE_TEST_SUITE_P(
    On, FewThreadsDevice,
    testing::Values("sim:latency=1ms,lanes=2", "AUTO:(sim:latency=1ms),(sim:latency=2ms)",
                    "MULTI:(sim:latency=1ms),(sim:latency=2ms),(sim:latency=3ms)", "BATCH:(sim:latency=1ms)(4)",
                    "PROCESS:(sim:latency=1ms)",
                    "AUTO:(BATCH:(sim:latency=1ms)(2)),(MULTI:(sim:latency=1ms),(sim:latency=2ms))"));

TEST(FewThreadsPool, ServesWithTheMembersThatHaveAThread) {
  VirtualClock clock;  // it stands: nothing comes that those who wait might be waiting for
  CompileOptions options;
  options.clock = &clock;
  std::vector<DeviceEvent> events;
  options.on_event = [&events](const DeviceEvent& event) { events.push_back(event); };
  auto simulated = [](const CompileOptions& how) { return compile_model("model", "sim:latency=1ms", how); };
  FewThreads few(1);
  auto model = make_auto({{"one:CPU", simulated}, {"two:CPU", simulated}, {"three:CPU", simulated}}, options);
  ASSERT_TRUE(model) << model.error().message;
  model->reset();
  auto refused = [](const DeviceEvent& event) {
    return event.kind == "failed" && event.text.find("could not be started") != std::string::npos;
  };
  EXPECT_EQ(std::ranges::count_if(events, refused), 2);
}

}  // namespace
}  // namespace inflight::test
