// No allocation per frame after warm-up. This file replaces `operator new` of the whole test program, library
// included, by one that counts; the other tests do not notice.
#include <cstdlib>
#include <new>

#include "pipeline_test_kit.hpp"

namespace {

std::atomic<std::uint64_t> allocations = 0;

// Not inlined, or GCC takes a new that it sees and a free that it sees for a mismatched pair.
[[gnu::noinline]] void* counted(std::size_t bytes, std::size_t alignment = alignof(std::max_align_t)) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* memory = std::aligned_alloc(alignment, (bytes + alignment) / alignment * alignment)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void release(void* memory) noexcept { std::free(memory); }

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
std::uint64_t allocations_of(const Detector& detector, const PipelineOptions& options) {
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

TEST(Allocations, AreNoneWhereItIsRecorded) {
  for (Api api : {Api::sync, Api::async}) {
    Simulation simulation("sim:latency=1ms..4ms,lanes=3,rows=1");
    TimelineRecorder recorder;
    PipelineOptions options = simulation.with(api);
    options.recorder = &recorder;
    EXPECT_EQ(allocations_of(simulation.detector, options), 0U) << (api == Api::sync ? "sync" : "async");
  }
}

TEST(Allocations, AreOnlyThoseOfTheTextWhereFramesFail) {
  Simulation simulation("sim:latency=1ms..4ms,lanes=3,rows=1,fail_rate=0.5");
  EXPECT_LE(allocations_of(simulation.detector, simulation.options), 3 * (kFrames - kWarm));
}

}  // namespace
}  // namespace inflight::test
