// Devices that fail, die and come back by a thousand scripts: every request ends once, in order, with its own result.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "testing/pool_kit.hpp"

namespace inflight {
namespace {

using namespace std::chrono_literals;

/// What one seed does, drawn from it.
struct Script {
  explicit Script(unsigned seed)
      : random(seed), with_threads(seed % 3 == 0), multi(chance(0.5)), healthy(chance(0.5)) {}

  bool chance(double p) { return std::bernoulli_distribution(p)(random); }
  int up_to(int most) { return std::uniform_int_distribution<int>(0, most)(random); }

  std::string device(bool fails) {
    std::string text = fmt::format("latency={}us..{}us,lanes={},seed={}", 500 + up_to(3000), 3500 + up_to(6000),
                                   1 + up_to(2), random() % 1000);
    if (!fails) return text;
    if (chance(0.5)) return text + fmt::format(",fail_rate={}", chance(0.5) ? 0.05 : 0.4);
    int die_at = 1 + up_to(40);
    return text + fmt::format(",die_at={},revive_at={}", die_at, chance(0.3) ? 0 : die_at + 1 + up_to(5));
  }

  std::mt19937 random;
  bool with_threads;  ///< time runs by itself, on two threads; else on this one, when the test says so
  bool multi;
  bool healthy;  ///< one device never fails, so that no request may
};

class PoolStress : public PoolTest, public testing::WithParamInterface<unsigned> {
 protected:
  static constexpr int kRequests = 60;
  PoolStress() : PoolTest(make_auto) {}

  void prepare(Script& script) {
    std::vector<PoolCandidate> candidates;
    int devices = 2 + script.up_to(1);
    for (int i = 0; i < devices; ++i)
      candidates.push_back(device(fmt::format("d{}", i), script.device(!script.healthy || i != 0)));
    std::ranges::shuffle(candidates, script.random);
    model = (script.multi ? make_multi : make_auto)(candidates, with_events()).value();
    for (const PoolCandidate& candidate : candidates) events.wait_for("ready " + candidate.device);
    ends.assign(kRequests, 0);
    order.clear();
  }

  InferQueue::Slot acquire(InferQueue& queue, const Script& script) {
    if (script.with_threads) return queue.acquire().value();
    while (true) {
      if (auto slot = queue.try_acquire()) return std::move(*slot);
      if (clock.advance_to_next()) continue;
      // The threads that compiled begin measurements, and let requests go on that waited for a device.
      for (auto& [name, spy] : spies) spy.wait_for_thread();
      if (auto slot = queue.try_acquire()) return std::move(*slot);
      if (!clock.advance_to_next()) throw std::runtime_error("requests are lost: nothing is left to wait for");
    }
  }

  void check(int number, const Script& script, Completed completed) {
    ++ends[number];
    order.push_back(number);
    if (completed.outcome) {
      EXPECT_EQ(rows_of(completed.slot.output(0).value()), rows_for(number));
    } else {
      EXPECT_TRUE(!script.healthy || name_of(completed.outcome) != "engine_failed")
          << completed.outcome.error().message;
    }
  }

  void run(Script& script) {
    InferQueueOptions options{1 + script.up_to(5), StageOrder::in_order, Dispatch::engine_thread, &clock};
    if (script.with_threads) options.dispatch = Dispatch::own_thread;
    auto queue = InferQueue::create(model, options).value();
    if (script.with_threads) driver = clock.drive(2);
    for (int i = 0; i < kRequests; ++i) {
      auto slot = acquire(queue, script);
      fill(slot, i);
      SubmitOptions submit;
      if (script.chance(0.05)) submit.deadline = clock.now() + Duration(script.up_to(8'000'000));
      auto ticket = std::move(slot).submit([this, i, &script](Completed c) { check(i, script, std::move(c)); }, submit);
      if (!ticket) {
        EXPECT_FALSE(script.healthy) << ticket.error().message;
        ++ends[i];
        continue;
      }
      if (script.chance(0.05)) queue.cancel(*ticket);
      if (!script.with_threads) clock.advance(Duration(script.up_to(script.chance(0.1) ? 2'000'000'000 : 5'000'000)));
    }
    let_time_go_on();
    queue.wait_all();
  }

  std::vector<int> ends;
  std::vector<int> order;
};

TEST_P(PoolStress, LosesNothingRepeatsNothingAndKeepsTheOrder) {
  for (unsigned seed = GetParam(); seed < GetParam() + 100; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    Script script(seed);
    prepare(script);
    run(script);
    finish();
    EXPECT_EQ(std::ranges::count(ends, 1), kRequests);
    EXPECT_TRUE(std::ranges::is_sorted(order));
    if (HasFailure()) return;
    spies.clear();
    events.clear();
  }
}

INSTANTIATE_TEST_SUITE_P(AThousandScripts, PoolStress, testing::Range(0U, 1000U, 100U));

}  // namespace
}  // namespace inflight
