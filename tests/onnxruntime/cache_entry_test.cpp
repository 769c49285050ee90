#include <gtest/gtest.h>

#include <fstream>

#include "cache.hpp"
#include "tiny_onnx.hpp"

namespace inflight::onnxruntime {
namespace {

constexpr std::size_t kChunk = std::size_t{1} << 20;  // what the model is read in
const std::string kElsewhere("\x0a\x08location", 10);

TEST(OrtCacheEntry, IsNamedAfterTheModelAndDiffersWithContentAndCircumstances) {
  TinyFolder folder;
  auto model = folder.add("one", "net.onnx");
  auto entry = CacheEntry::of(folder.path(), model, "v1");
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->path().filename().string().substr(0, 4), "net-");
  EXPECT_EQ(CacheEntry::of(folder.path(), model, "v1")->path(), entry->path());
  EXPECT_NE(CacheEntry::of(folder.path(), model, "v2")->path(), entry->path());
  folder.add("two", "net.onnx");
  EXPECT_NE(CacheEntry::of(folder.path(), model, "v1")->path(), entry->path());
}

TEST(OrtCacheEntry, DoesNotExistForWeightsKeptElsewhereWhereverTheFileSaysSo) {
  TinyFolder folder;
  for (std::size_t before : {std::size_t{0}, std::size_t{5}, kChunk - 10, kChunk - 5, kChunk - 1, kChunk, 2 * kChunk}) {
    auto model = folder.add(std::string(before, 'w') + kElsewhere + "www", "net.onnx");
    EXPECT_FALSE(CacheEntry::of(folder.path(), model, "")) << before;
  }
  EXPECT_TRUE(CacheEntry::of(folder.path(), folder.add(std::string(2 * kChunk, 'w'), "net.onnx"), ""));
}

TEST(OrtCacheEntry, DoesNotExistForAModelThatCannotBeRead) {
  EXPECT_FALSE(CacheEntry::of("/tmp", "/nonexistent.onnx", ""));
}

TEST(OrtCacheEntry, GivesBackWhatWasStored) {
  TinyFolder folder;
  auto entry = CacheEntry::of(folder.path() / "deep/cache", folder.add("one", "net.onnx"), "").value();
  EXPECT_FALSE(entry.exists());
  EXPECT_FALSE(entry.load());
  auto draft = entry.make_draft().value();
  std::ofstream(draft) << "optimised";
  ASSERT_TRUE(entry.store(draft));
  EXPECT_TRUE(entry.exists());
  EXPECT_FALSE(std::filesystem::exists(draft));
  EXPECT_EQ(entry.load().value(), "optimised");
}

}  // namespace
}  // namespace inflight::onnxruntime
