// What a device does, as one JSON object on standard output. Runs in a process of its own for each measurement, so
// that nothing is warm that a user would find cold.
//
//   device_bench load  MODEL DEVICE [CACHE_DIR]            time until compiled, and until a first result
//   device_bench rate  MODEL DEVICE SECONDS [BATCH]        inferences per second with every request busy
//   device_bench paced MODEL DEVICE INTERVAL_MS COUNT [CALLERS]   latency from the intended start, order, losses
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "inflight/detail/joined.hpp"
#include "inflight/inflight.hpp"

namespace {

using namespace inflight;
using std::chrono::milliseconds;

[[noreturn]] void die(const std::string& why) {
  fmt::print(stderr, "device_bench: {}\n", why);
  std::exit(1);
}

template <class T>
T must(Result<T> result) {
  if (!result) die(result.error().message);
  return std::move(*result);
}

CompileOptions f32() {
  CompileOptions options;
  options.precision = ElementType::f32;  // engines are compared, so all compute alike
  options.u8_input = false;
  return options;
}

/// Contents do not matter to the time, unless they are denormal numbers.
void fill(InferRequest& request, std::size_t ports) {
  for (std::size_t port = 0; port < ports; ++port) {
    TensorView input = must(request.input(port));
    if (input.type() == ElementType::f32)
      std::ranges::fill(input.as<float>(), 100.0F);
    else
      std::ranges::fill(input.as_bytes(), std::byte{100});
  }
}

/// Processor time of all threads: what a busy machine takes away shows in the time that passes, not in this.
double core_ms() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  auto ms = [](const timeval& t) {
    return 1e3 * static_cast<double>(t.tv_sec) + 1e-3 * static_cast<double>(t.tv_usec);
  };
  return ms(used.ru_utime) + ms(used.ru_stime);
}

void load(const std::string& model, const std::string& device, const std::string& cache) {
  CompileOptions options = f32();
  options.cache_dir = cache;
  TimePoint begin = steady_clock().now();
  auto compiled = must(compile_model(model, device, options));
  TimePoint loaded = steady_clock().now();
  auto queue = must(InferQueue::create(compiled, {.requests = 1}));
  auto slot = must(queue.acquire());
  fill(slot.request(), compiled->info().inputs.size());
  Completed first = std::move(slot).submit().get();
  if (!first.outcome) die(first.outcome.error().message);
  fmt::print("{{\"load_ms\": {:.2f}, \"first_result_ms\": {:.2f}, \"core_ms\": {:.2f}, \"device\": \"{}\"}}\n",
             to_ms(loaded - begin), to_ms(steady_clock().now() - begin), core_ms(), first.outcome->device);
  std::fflush(stdout);
  std::_Exit(0);  // an AUTO that still compiles would be waited for
}

void rate(const std::string& model, const std::string& device, double seconds, int batch) {
  CompileOptions options = f32();
  options.batch = batch > 1 ? batch : 0;
  auto compiled = must(compile_model(model, device, options));
  std::atomic<long> done = 0, failed = 0, batches = 0;
  double core_ms_each = 0, mean_batch = 0;
  auto run_for = [&](double time) {
    InferQueueOptions queue_options;
    queue_options.times_optimal = 2;
    queue_options.dispatch = Dispatch::engine_thread;
    auto queue = must(InferQueue::create(compiled, queue_options));
    TimePoint begin = steady_clock().now();
    long before = done, batches_before = batches;
    double used = core_ms();
    while (to_seconds(steady_clock().now() - begin) < time) {
      auto slot = must(queue.acquire());
      must(std::move(slot).submit([&](const Completed& c) {
        ++(c.outcome ? done : failed);
        if (c.outcome) batches += c.outcome->batch;
      }));
    }
    double elapsed = to_seconds(steady_clock().now() - begin);
    long count = done - before;
    core_ms_each = (core_ms() - used) / static_cast<double>(count);
    mean_batch = static_cast<double>(batches - batches_before) / static_cast<double>(count);
    queue.wait_all();
    return static_cast<double>(count) / elapsed;
  };
  run_for(std::max(1.0, seconds));  // AUTO has chosen by then, BATCH has learned
  double speed = run_for(seconds) * std::max(1, batch);
  fmt::print(
      "{{\"inferences_per_second\": {:.2f}, \"core_ms\": {:.4f}, \"mean_batch\": {:.2f}, \"failed\": {}, "
      "\"device\": \"{}\"}}\n",
      speed, core_ms_each / std::max(1, batch), mean_batch, failed.load(), compiled->runtime().device);
}

struct Paced {
  std::mutex mutex;
  Histogram latency;
  std::map<std::string, int> devices;
  std::vector<int> last;  // of each caller
  int answered = 0, failed = 0, out_of_order = 0;
  double batches = 0;
};

/// One of several callers, each at its own even pace, their starts spread over the interval.
void call(InferQueue& queue, Paced& paced, int caller, TimePoint begin, Duration interval, int count) {
  for (int i = 0; i < count; ++i) {
    TimePoint due = begin + i * interval;
    std::this_thread::sleep_until(due);
    auto slot = must(queue.acquire());
    must(std::move(slot).submit([&paced, caller, i, due](const Completed& c) {
      std::lock_guard lock(paced.mutex);
      paced.latency.record(steady_clock().now() - due);
      int& last = paced.last[static_cast<std::size_t>(caller)];
      paced.out_of_order += i != last + 1;
      last = i;
      ++paced.answered;
      paced.failed += !c.outcome;
      if (!c.outcome) return;
      ++paced.devices[std::string(c.outcome->device)];
      paced.batches += c.outcome->batch;
    }));
  }
}

void pace(const std::string& model, const std::string& device, Duration interval, int count, int callers) {
  auto compiled = must(compile_model(model, device, f32()));
  InferQueueOptions options;
  options.requests = 64;  // the pace is what decides, not the pool
  options.order = StageOrder::in_order;
  auto queue = must(InferQueue::create(compiled, options));
  Paced paced;
  paced.last.assign(static_cast<std::size_t>(callers), -1);
  {
    std::vector<std::jthread> threads;
    TimePoint begin = steady_clock().now() + milliseconds(50);
    for (int i = 0; i < callers; ++i)
      threads.emplace_back(
          [&, i] { call(queue, paced, i, begin + i * interval / callers, interval, count / callers); });
  }
  queue.wait_all();
  std::string devices;
  for (const auto& [name, served] : paced.devices) detail::join(devices, ", ", fmt::format("\"{}\": {}", name, served));
  fmt::print(
      "{{\"p50_ms\": {:.3f}, \"p99_ms\": {:.3f}, \"answered\": {}, \"failed\": {}, \"out_of_order\": {}, "
      "\"mean_batch\": {:.3f}, \"devices\": {{{}}}}}\n",
      to_ms(paced.latency.percentile(0.5)), to_ms(paced.latency.percentile(0.99)), paced.answered, paced.failed,
      paced.out_of_order, paced.batches / std::max(1, paced.answered - paced.failed), devices);
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  auto word = [&](std::size_t i, const char* otherwise) { return i < words.size() ? words[i] : otherwise; };
  if (words.size() < 3) die("usage: device_bench load|rate|paced MODEL DEVICE …");
  if (words[0] == "load")
    load(words[1], words[2], word(3, ""));
  else if (words[0] == "rate")
    rate(words[1], words[2], std::stod(word(3, "3")), std::stoi(word(4, "1")));
  else if (words[0] == "paced")
    pace(words[1], words[2], milliseconds(std::stoi(word(3, "20"))), std::stoi(word(4, "500")),
         std::stoi(word(5, "1")));
  else
    die("there are load, rate and paced, not " + words[0]);
}
