// What InferQueue costs per request, over a request that is restarted by hand: time and allocations, on the
// simulated engine with no latency, so that nothing but the machinery is measured.
//
// Pairs that do the same work: Raw_FromCallback and Queue_FromCallback (every completion starts the next
// inference), Raw_FromThread and Queue_FromThread (one thread submits, completions free the requests).
#include <benchmark/benchmark.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <vector>

#include "inflight/await.hpp"

long allocations_so_far();  // of the counting allocator in tests/allocations

namespace {

using namespace inflight;

constexpr int kRequests = 4;
constexpr int kPerIteration = 10000;
constexpr const char* kDevice = "sim:latency=0,lanes=4,input=1x8,rows=1";

std::shared_ptr<CompiledModel> model() { return compile_model("none", kDevice).value(); }

/// Counts completions down and opens at zero.
class Countdown {
 public:
  void reset(int count) {
    std::lock_guard lock(mutex_);
    left_ = count;
  }
  void tick() {
    std::lock_guard lock(mutex_);
    if (--left_ == 0) zero_.notify_one();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    zero_.wait(lock, [this] { return left_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable zero_;
  int left_ = 0;
};

/// Runs `round` (kPerIteration inferences) once to warm up, then under the clock; reports per inference.
template <class Round>
void measure(benchmark::State& state, Round round) {
  round();
  const long before = allocations_so_far();
  for (auto _ : state) round();
  auto inferences = static_cast<double>(state.iterations() * kPerIteration);
  state.counters["ns_per_inference"] =
      benchmark::Counter(inferences / 1e9, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.counters["allocations_per_inference"] = static_cast<double>(allocations_so_far() - before) / inferences;
}

struct Budget {
  std::atomic<int> to_start = 0;
  Countdown done;
  void reset() {
    to_start = kPerIteration - kRequests;
    done.reset(kPerIteration);
  }
  bool take() { return to_start.fetch_sub(1, std::memory_order_relaxed) > 0; }
};

void restart(InferRequest& request, Budget& budget) {
  (void)request.start([&](Outcome) {
    if (budget.take()) restart(request, budget);
    budget.done.tick();
  });
}

void Raw_FromCallback(benchmark::State& state) {
  auto compiled = model();
  std::vector<std::unique_ptr<InferRequest>> requests;
  for (int i = 0; i < kRequests; ++i) requests.push_back(compiled->create_request().value());
  Budget budget;
  measure(state, [&] {
    budget.reset();
    for (auto& request : requests) restart(*request, budget);
    budget.done.wait();
  });
}

void resubmit(InferQueue::Slot slot, Budget& budget) {
  (void)std::move(slot).submit([&](Completed completed) {
    if (budget.take()) resubmit(std::move(completed.slot), budget);
    budget.done.tick();
  });
}

void Queue_FromCallback(benchmark::State& state) {
  auto queue = InferQueue::create(model(), {kRequests, StageOrder::any_order, Dispatch::engine_thread}).value();
  Budget budget;
  measure(state, [&] {
    budget.reset();
    for (int i = 0; i < kRequests; ++i) resubmit(queue.acquire().value(), budget);
    budget.done.wait();
    queue.wait_all();
  });
}

/// What people write for want of a queue: a list of free requests under a mutex.
void Raw_FromThread(benchmark::State& state) {
  auto compiled = model();
  std::vector<std::unique_ptr<InferRequest>> requests;
  std::vector<InferRequest*> free;
  std::mutex mutex;
  std::condition_variable freed;
  for (int i = 0; i < kRequests; ++i) free.push_back(requests.emplace_back(compiled->create_request().value()).get());
  auto take = [&] {
    std::unique_lock lock(mutex);
    freed.wait(lock, [&] { return !free.empty(); });
    InferRequest* request = free.back();
    free.pop_back();
    return request;
  };
  measure(state, [&] {
    for (int i = 0; i < kPerIteration; ++i) {
      InferRequest* request = take();
      (void)request->start([&, request](Outcome) {
        std::lock_guard lock(mutex);
        free.push_back(request);
        freed.notify_one();
      });
    }
    std::unique_lock lock(mutex);
    freed.wait(lock, [&] { return free.size() == kRequests; });
  });
}

void Queue_FromThread(benchmark::State& state) {
  auto dispatch = state.range(0) != 0 ? Dispatch::own_thread : Dispatch::engine_thread;
  auto queue = InferQueue::create(model(), {kRequests, StageOrder::any_order, dispatch}).value();
  measure(state, [&] {
    for (int i = 0; i < kPerIteration; ++i) (void)queue.acquire().value().submit([](Completed) {});
    queue.wait_all();
  });
}

}  // namespace

BENCHMARK(Raw_FromCallback)->UseRealTime();
BENCHMARK(Queue_FromCallback)->UseRealTime();
BENCHMARK(Raw_FromThread)->UseRealTime();
BENCHMARK(Queue_FromThread)->UseRealTime()->ArgName("own_thread")->Arg(0)->Arg(1);
BENCHMARK_MAIN();
