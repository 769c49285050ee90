#include "reads.hpp"

#include <gmock/gmock.h>
#include <stdlib.h>

#include <fstream>

namespace inflight::app {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::ElementsAre;

class ModelReads : public testing::Test {
 protected:
  ModelReads() : folder_(mkdtemp(name_.data())) {}
  ~ModelReads() override { fs::remove_all(folder_); }

  fs::path store(const std::string& name, const std::string& bytes) const {
    std::ofstream(folder_ / name, std::ios::binary) << bytes;
    return folder_ / name;
  }

  std::string name_ = fs::temp_directory_path() / "inflight-test-XXXXXX";
  fs::path folder_;
};

TEST_F(ModelReads, HaveTheWeightsBesideAnXml) {
  EXPECT_THAT(model_read("a/net.xml").files, ElementsAre("a/net.xml", "a/net.bin"));
}

TEST_F(ModelReads, HaveTheFilesThatAnOnnxKeepsItsWeightsInWhereverItSaysSo) {
  constexpr std::size_t kPart = std::size_t{1} << 20;  // what the file is read in
  const std::string entry(
      "\x0a\x08location\x12\x0c"
      "data/weights",
      24);
  for (std::size_t before : {std::size_t{0}, kPart - 12, kPart - 5, kPart, 3 * kPart}) {
    fs::path model = store("net.onnx", std::string(before, 'w') + entry + std::string(100, 'w'));
    EXPECT_THAT(model_read(model).files, Contains(folder_ / "data/weights")) << before;
  }
}

TEST_F(ModelReads, AreTheModelAloneWhereAnOnnxEndsInTheMiddleOfAName) {
  fs::path model = store("net.onnx", std::string("\x0a\x08location\x12", 11));
  EXPECT_EQ(model_read(model).files.front(), model);
}

TEST_F(ModelReads, HaveAllThatAFolderHolds) {
  fs::path graph = store("saved_model.pb", "x");
  EXPECT_THAT(model_read(folder_).files, ElementsAre(folder_, graph));
}

}  // namespace
}  // namespace inflight::app
