// "No allocation per frame after warm-up", counted: this program's operator new is the one that the library calls too.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "test_outputs.hpp"
#include "test_pictures.hpp"

namespace {
std::atomic<int> allocations = 0;
}

// Not inlined, or g++ would warn that memory of `new` goes to free().
[[gnu::noinline]] void* operator new(std::size_t bytes) {
  ++allocations;
  if (void* memory = std::malloc(bytes)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace inflight {
namespace {

template <class Work>
int allocations_of(Work&& work) {
  int before = allocations;
  work();
  return allocations - before;
}

TEST(Allocations, ThisProgramCountsThem) {
  EXPECT_EQ(allocations_of([] { ::operator delete(::operator new(4)); }), 1);
}

TEST(Allocations, PreprocessingTakesNoneOnceWarmWhateverTheSizes) {
  Frame large = testing::noise({1920, 1080}), small = testing::noise({321, 243});
  for (ElementType type : {ElementType::u8, ElementType::f16, ElementType::f32}) {
    for (const Shape& shape : {Shape{1, 3, 128, 160}, Shape{1, 128, 160, 3}}) {
      auto preprocessor = make_preprocessor(testing::image_port(type, shape), {.resize = ResizeMode::letterbox_center});
      Tensor input(type, shape);
      auto run = [&](const Frame& frame) { ASSERT_TRUE((*preprocessor)->run(frame.picture(), input)); };
      run(large);
      EXPECT_EQ(allocations_of([&] {
                  run(small);
                  run(large);
                }),
                0);
    }
  }
}

TEST(Allocations, PostprocessingTakesNoneOnceWarm) {
  const ModelInfo models[] = {testing::model_of({1, 3, 64, 64}, {1, 1, 50, 7}, "person-detection"),
                              testing::model_of({1, 3, 64, 64}, {1, 84, 85}),
                              testing::model_of({1, 3, 64, 64}, {1, 252, 85})};
  for (const ModelInfo& model : models) {
    auto postprocessor = make_postprocessor(*recognise(model), model);
    const Shape& shape = model.outputs[0].shape;
    Tensor output = testing::output_of(ElementType::f32, shape, std::vector<float>(shape.elements(), 0.6F));
    TensorView view = output;
    SourceTransform transform = make_transform({640, 480}, {64, 64}, ResizeMode::stretch);
    std::vector<Detection> detections;
    auto run = [&] { ASSERT_TRUE((*postprocessor)->run({&view, 1}, transform, detections)); };
    run();
    EXPECT_EQ(allocations_of(run), 0) << model.outputs[0].name;
  }
}

}  // namespace
}  // namespace inflight
