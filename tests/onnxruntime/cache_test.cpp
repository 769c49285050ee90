// The cache of optimised models, through the engine.
#include <gmock/gmock.h>

#include <fstream>

#include "ort_test_kit.hpp"
#include "tiny_onnx.hpp"

namespace inflight {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

class OrtCache : public testing::Test {
 protected:
  std::shared_ptr<CompiledModel> compile(const fs::path& model, CompileOptions options = {}) {
    if (options.cache_dir.empty()) options.cache_dir = folder_.path() / "cache";
    auto compiled = ort().compile(model, "CPU", options);
    if (!compiled) ADD_FAILURE() << compiled.error().message;
    return compiled.value_or(nullptr);
  }
  /// What the compiled model says of its cache.
  std::string note(const fs::path& model, CompileOptions options = {}) {
    auto compiled = compile(model, std::move(options));
    return compiled ? compiled->info().metadata.at("inflight/cache") : "";
  }
  std::vector<fs::path> entries() const {
    std::vector<fs::path> all;
    for (const auto& entry : fs::directory_iterator(folder_.path() / "cache")) all.push_back(entry.path());
    return all;
  }

  TinyFolder folder_;
};

TEST_F(OrtCache, LoadsWhatItStoredWithTheSameResultsToTheBit) {
  std::vector<float> plain = infer_noise(**ort().compile(kYolox, "CPU", {}));
  auto stored = compile(kYolox);
  EXPECT_THAT(stored->info().metadata.at("inflight/cache"), StartsWith("stored "));
  auto loaded = compile(kYolox);
  EXPECT_THAT(loaded->info().metadata.at("inflight/cache"), StartsWith("loaded "));
  EXPECT_EQ(infer_noise(*stored), plain);
  EXPECT_EQ(infer_noise(*loaded), plain);
  EXPECT_EQ(entries().size(), 1U);
}

TEST_F(OrtCache, RebuildsADamagedEntryAndSaysSo) {
  fs::path model = folder_.add({{"N", 3}, 1, {}});
  note(model);
  fs::path entry = entries().at(0);
  auto size = fs::file_size(entry);
  auto damages = {+[](const fs::path& e, std::uintmax_t s) { fs::resize_file(e, s / 2); },
                  +[](const fs::path& e, std::uintmax_t) { fs::resize_file(e, 0); },
                  +[](const fs::path& e, std::uintmax_t s) {
                    std::fstream file(e, std::ios::in | std::ios::out | std::ios::binary);
                    file.seekp(static_cast<std::streamoff>(s) - 20);
                    file.put('\x7f');
                  }};
  for (auto damage : damages) {
    damage(entry, size);
    EXPECT_THAT(note(model), AllOf(HasSubstr("is damaged"), HasSubstr("stored ")));
    EXPECT_THAT(note(model), StartsWith("loaded "));
  }
}

TEST_F(OrtCache, KeepsWhatDiffersApart) {
  fs::path model = folder_.add({{"N", 3}, 1, {}});
  EXPECT_THAT(note(model), StartsWith("stored "));
  EXPECT_THAT(note(model, {.batch = 2}), StartsWith("stored "));
  EXPECT_THAT(note(model, {.properties = {{"graph_optimization_level", "ORT_DISABLE_ALL"}}}), StartsWith("stored "));
  folder_.add({{"N", 4}, 1, {}});
  EXPECT_THAT(note(model), StartsWith("stored "));
  EXPECT_EQ(compile(model, {.batch = 2})->info().outputs[0].shape, (Shape{2, 4}));
  EXPECT_EQ(compile(model, {.batch = 2})->info().outputs[0].shape, (Shape{2, 4})) << "loaded";
}

TEST_F(OrtCache, GoesOnWithoutAFolderThatCanBeWritten) {
  fs::path model = folder_.add({{1, 3}, 1, {}});
  EXPECT_THAT(note(model, {.cache_dir = model / "cache"}), StartsWith("not stored: "));
}

TEST_F(OrtCache, LeavesAloneAModelWhoseWeightsMayChangeUnseen) {
  // What a tensor kept elsewhere looks like in the file; here as metadata, where it does no harm.
  fs::path model = folder_.add({{1, 3}, 1, {{"location", "weights.bin"}}});
  EXPECT_THAT(note(model), HasSubstr("weights"));
}

TEST_F(OrtCache, LeavesNoDraftsBehind) {
  fs::path model = folder_.add({{1, 3}, 1, {}});
  note(model);
  auto failed = ort().compile(folder_.add("garbage", "bad.onnx"), "CPU", {.cache_dir = folder_.path() / "cache"});
  EXPECT_FALSE(failed);
  ASSERT_EQ(entries().size(), 1U);
  EXPECT_EQ(entries()[0].extension(), ".ort");
}

}  // namespace
}  // namespace inflight
