// Which library the engine opens, and what it says where that fails.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <memory>
#include <string>

#include "ort_test_kit.hpp"

namespace inflight {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// What another process sees whose INFLIGHT_ORT_LIBRARY is `library`: standard output and error.
std::string engines_with(const std::string& library) {
  std::string command = "INFLIGHT_ORT_LIBRARY='" + library + "' " PRINT_ENGINE " 2>&1";
  std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  std::string text;
  std::array<char, 256> line{};
  while (fgets(line.data(), line.size(), pipe.get())) text += line.data();
  return text;
}

class OrtLibrary : public OrtTest {};

TEST_F(OrtLibrary, IsFoundByItself) { EXPECT_THAT(engines_with(""), HasSubstr("ort usable")); }

TEST_F(OrtLibrary, IsNamedWhereItIsMissingAndTheOtherEnginesGoOn) {
  EXPECT_THAT(engines_with("/nonexistent/libonnxruntime.so"),
              AllOf(HasSubstr("ort unusable"), HasSubstr("/nonexistent/libonnxruntime.so"),
                    HasSubstr("INFLIGHT_ORT_LIBRARY"), HasSubstr("sim usable")));
}

TEST_F(OrtLibrary, IsRefusedWhereItIsAnotherLibrary) {
  EXPECT_THAT(engines_with("libm.so.6"), HasSubstr("libm.so.6 is not ONNX Runtime"));
}

TEST_F(OrtLibrary, IsRefusedWithBothVersionsWhereItIsTooOld) {
  EXPECT_THAT(engines_with(TOO_OLD),
              AllOf(HasSubstr("ort unusable"), HasSubstr("1.16.3"), HasSubstr("1.21"), Not(HasSubstr("Aborted"))));
}

}  // namespace
}  // namespace inflight
