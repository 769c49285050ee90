// No allocation per frame after warm-up. This file replaces `operator new` of the whole test program, library
// included, by one that counts; the other tests do not notice.
#include <malloc.h>

#include <cstdlib>
#include <new>
#include <thread>

#include "pipeline_test_kit.hpp"

namespace {

std::atomic<std::uint64_t> allocations = 0;
std::atomic<std::size_t> live_bytes = 0;

// Not inlined, or GCC takes a new that it sees and a free that it sees for a mismatched pair.
[[gnu::noinline]] void* counted(std::size_t bytes, std::size_t alignment = alignof(std::max_align_t)) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* memory = std::aligned_alloc(alignment, (bytes + alignment) / alignment * alignment)) {
    live_bytes += malloc_usable_size(memory);
    return memory;
  }
  throw std::bad_alloc();
}
[[gnu::noinline]] void release(void* memory) noexcept {
  live_bytes -= malloc_usable_size(memory);
  std::free(memory);
}

}  // namespace

void* operator new(std::size_t bytes) { return counted(bytes); }
void* operator new[](std::size_t bytes) { return counted(bytes); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return counted(bytes, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t bytes, std::align_val_t alignment) {
  return counted(bytes, static_cast<std::size_t>(alignment));
}
// The library's own sends std::stable_sort's buffer to the malloc of a sanitizer instead.
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  try {
    return counted(bytes);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}
void operator delete(void* memory) noexcept { release(memory); }
void operator delete[](void* memory) noexcept { release(memory); }
void operator delete(void* memory, std::size_t) noexcept { release(memory); }
void operator delete[](void* memory, std::size_t) noexcept { release(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { release(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { release(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { release(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { release(memory); }

namespace inflight::test {
namespace {

constexpr std::uint64_t kWarm = 300;  // every job has held a frame with the most detections there are
constexpr std::uint64_t kFrames = 800;

/// Allocations of all threads between frames `kWarm` and `kFrames`.
std::uint64_t allocations_of(const Detector& detector, PipelineOptions options) {
  if (options.max_frames == 0) options.max_frames = 20;  // a frame more on its way takes memory when it first comes
  Pipeline pipeline(detector, options);
  std::uint64_t before = 0, after = 0;
  pipeline.add_source(synthetic(kFrames + 50));
  pipeline.on_result([&](const FrameResult& result) {
    if (result.frame.id == kWarm) before = allocations;
    if (result.frame.id == kFrames) after = allocations;
  });
  EXPECT_EQ(finish_run(pipeline).frames.read, kFrames + 50);
  EXPECT_GT(before, 0U) << "the operators above are not in use";
  return after - before;
}

TEST(Allocations, AreNoneOnceTheRunIsWarm) {
  for (Api api : {Api::sync, Api::async}) {
    Simulation simulation("sim:latency=1ms..4ms,lanes=3,rows=1");
    EXPECT_EQ(allocations_of(simulation.detector, simulation.with(api)), 0U) << (api == Api::sync ? "sync" : "async");
  }
}

TEST(Allocations, AreOnlyThoseOfMoreFramesOnTheirWayWhereTheirNumberIsFound) {
  Simulation simulation("sim:latency=1ms..4ms,lanes=3,rows=1");
  Pipeline pipeline(simulation.detector, simulation.with(Api::async));
  std::uint64_t before = 0, after = 0;
  pipeline.add_source(synthetic(kFrames + 50));
  pipeline.on_result([&](const FrameResult& result) {
    if (result.frame.id == kWarm) before = allocations;
    if (result.frame.id == kFrames) after = allocations;
  });
  finish_run(pipeline);
  constexpr std::uint64_t kMoreFrames = 16, kEach = 20;
  EXPECT_LE(after - before, kMoreFrames * kEach);
}

TEST(Allocations, AreNoneWhereItIsRecorded) {
  for (Api api : {Api::sync, Api::async}) {
    Simulation simulation("sim:latency=1ms..4ms,lanes=3,rows=1");
    TimelineRecorder recorder;
    PipelineOptions options = simulation.with(api);
    options.recorder = &recorder;
    EXPECT_EQ(allocations_of(simulation.detector, options), 0U) << (api == Api::sync ? "sync" : "async");
  }
}

TEST(Allocations, AreAllGivenBackBySourcesThatHaveEnded) {
  Simulation simulation;
  PipelineOptions options = simulation.options;
  options.keep_open = true;
  Pipeline pipeline(simulation.detector, options);
  auto running = std::async(std::launch::async, [&] { return finish_run(pipeline); });
  std::uint64_t sources = 0;
  auto come_and_go = [&](std::uint64_t count) {
    for (std::uint64_t end = sources + count; sources < end; ++sources) {
      auto setup = SourceSetup();
      setup.sinks.push_back(recording(std::make_shared<Record>()));
      setup.overflow = static_cast<OverflowPolicy>(sources % 3);
      pipeline.add_source(synthetic(3), std::move(setup));
      while (pipeline.progress().done < 3 * (sources + 1)) std::this_thread::yield();
    }
    return live_bytes.load();
  };
  // What stays of each is its numbers.
  const std::size_t most = come_and_go(100) + std::size_t{400} * 2000;
  std::size_t after = come_and_go(400);
  // Some may still be about to end; what they have is let go when another comes.
  for (int i = 0; i < 100 && after > most; ++i) after = come_and_go(1);
  pipeline.close();
  EXPECT_GE(running.get().sources.size(), 500U);
  EXPECT_LE(after, most);
}

TEST(Allocations, AreOnlyThoseOfTheTextWhereFramesFail) {
  Simulation simulation("sim:latency=1ms..4ms,lanes=3,rows=1,fail_rate=0.5");
  EXPECT_LE(allocations_of(simulation.detector, simulation.options), 3 * (kFrames - kWarm));
}

}  // namespace
}  // namespace inflight::test
