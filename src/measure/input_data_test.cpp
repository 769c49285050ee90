#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "measure_test_kit.hpp"
#include "npy.hpp"
#include "tests/source_dir.hpp"

namespace inflight {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class InputDataTest : public testing::Test {
 protected:
  void SetUp() override {
    fs::remove_all(folder);
    fs::create_directories(folder);
  }
  void TearDown() override { fs::remove_all(folder); }

  fs::path write(const std::string& name, const std::string& bytes) {
    std::ofstream(folder / name, std::ios::binary) << bytes;
    return folder / name;
  }

  /// As numpy.save writes it.
  fs::path write_npy(const std::string& name, const std::string& header, std::size_t bytes) {
    std::string padded = header + std::string(117 - header.size(), ' ') + "\n";
    return write(
        name, std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(118) + '\0' + padded + std::string(bytes, 'x'));
  }

  std::string refusal(const std::string& spec) {
    Result<InputData> data = read_inputs(model, {spec});
    return data ? "" : data.error().message;
  }

  fs::path folder = fs::temp_directory_path() / ("inflight-inputs-" + std::to_string(::getpid()));
  ModelInfo model{
      "net", {{"image", ElementType::u8, {1, 3, 4, 5}, "NCHW"}, {"info", ElementType::f32, {1, 2}, ""}}, {}, {}};
};

TEST_F(InputDataTest, RandomOnesFitThePorts) {
  InputData data = random_inputs(model).value();
  ASSERT_EQ(data.size(), 1U);
  EXPECT_EQ(data[0][0].view().shape(), (Shape{1, 3, 4, 5}));
  for (float value : data[0][1].view().as<float>()) {
    EXPECT_GE(value, 0);
    EXPECT_LT(value, 1);
  }
}

TEST_F(InputDataTest, RawFilesGoToThePortTheyName) {
  std::string values(8, '\0');
  values[3] = 0x40;  // 2.0F
  fs::path file = write("info.bin", values);
  InputData data = read_inputs(model, {"info:" + file.string()}).value();
  EXPECT_EQ(data[0][1].view().as<float>()[0], 2.0F);
}

TEST_F(InputDataTest, AFolderIsASetForEachFile) {
  write("a.bin", std::string(60, 'a'));
  write("b.bin", std::string(60, 'b'));
  InputData data = read_inputs(model, {folder.string()}).value();
  ASSERT_EQ(data.size(), 2U);
  EXPECT_EQ(data[1][0].view().as<std::uint8_t>()[59], 'b');
}

TEST_F(InputDataTest, ArraysOfNumpyAreRead) {
  fs::path file = write_npy("a.npy", "{'descr': '|u1', 'fortran_order': False, 'shape': (1, 3, 4, 5), }", 60);
  InputData data = read_inputs(model, {file.string()}).value();
  EXPECT_EQ(data[0][0].view().as<std::uint8_t>()[0], 'x');
}

TEST_F(InputDataTest, PicturesAreStretchedToTheInput) {
  InputData data = read_inputs(model, {source_file("docs/images/annotated.jpg")}).value();
  EXPECT_EQ(data[0][0].view().shape(), (Shape{1, 3, 4, 5}));
}

TEST_F(InputDataTest, AWrongSizeNamesBothSizes) {
  fs::path file = write("short.bin", "123");
  EXPECT_THAT(refusal(file.string()), testing::AllOf(HasSubstr("short.bin"), HasSubstr("3 bytes"),
                                                     HasSubstr("\"image\""), HasSubstr("60 bytes")));
  fs::path array = write_npy("a.npy", "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3), }", 12);
  EXPECT_THAT(refusal(array.string()), testing::AllOf(HasSubstr("f32 [1,3]"), HasSubstr("u8 [1,3,4,5]")));
}

TEST_F(InputDataTest, WhatIsNoArrayIsRefused) {
  EXPECT_THAT(refusal(write("text.npy", "hello").string()), HasSubstr("it is no .npy file"));
  EXPECT_THAT(refusal(write_npy("f.npy", "{'descr': '|u1', 'fortran_order': True, 'shape': (60,), }", 60).string()),
              HasSubstr("ascontiguousarray"));
  EXPECT_THAT(refusal(write_npy("t.npy", "{'descr': '|u1', 'fortran_order': False, 'shape': (60,), }", 6).string()),
              HasSubstr("truncated"));
  EXPECT_THAT(refusal((folder / "gone.bin").string()), HasSubstr("no such file"));
  EXPECT_THAT(refusal("info:" + source_file("docs/images/annotated.jpg")), HasSubstr("takes no picture"));
}

TEST_F(InputDataTest, AnArrayWhoseSizeWrapsIsRefused) {
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296), }";
  EXPECT_THAT(refusal(write_npy("w.npy", header, 4).string()), HasSubstr("no input has such a type or shape"));
}

TEST_F(InputDataTest, AnOpenShapeIsAskedFor) {
  model.inputs[0].shape = Shape{-1, 3, 4, 5};
  EXPECT_THAT(random_inputs(model).error().message, HasSubstr("-shape"));
}

}  // namespace
}  // namespace inflight
