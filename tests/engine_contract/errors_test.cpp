// What engines that read files say of files, devices and properties they cannot use.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "subjects.hpp"

namespace inflight {
namespace {

namespace fs = std::filesystem;
using testing::AnyOf;
using testing::HasSubstr;

/// An engine that reads model files, and a device that every machine has of it.
struct Reader {
  const char* engine;
  const char* device;
  bool reads_ir;  ///< OpenVINO's own format
};

const std::vector<Reader>& readers() {
  static const std::vector<Reader> all{
      {"ov", "CPU", true},
      {"ort", "CPU", false},
  };
  return all;
}

void PrintTo(const Reader& reader, std::ostream* out) { *out << reader.engine; }

std::string contents(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

// Protocol buffers as ONNX uses them: a field is its number and wire type, then a number or counted bytes.
std::string number(int field, char value) { return {static_cast<char>(field << 3), value}; }
std::string nested(int field, const std::string& body) {
  return std::string{static_cast<char>(field << 3 | 2), static_cast<char>(body.size())} + body;
}

/// y = NoSuchOperator(x), both float[1].
std::string model_with_unknown_operator() {
  std::string type = nested(2, nested(1, number(1, 1) + nested(2, nested(1, number(1, 1)))));
  std::string node = nested(1, nested(1, "x") + nested(2, "y") + nested(4, "NoSuchOperator"));
  std::string graph = node + nested(2, "g") + nested(11, nested(1, "x") + type) + nested(12, nested(1, "y") + type);
  return number(1, 8) + nested(7, graph) + nested(8, number(2, 13));
}

class EngineErrors : public testing::TestWithParam<Reader> {
 protected:
  void SetUp() override {
    if (std::string reason = why_not(GetParam().engine); !reason.empty()) GTEST_SKIP() << reason;
    folder = fs::path(testing::TempDir()) / ("inflight_contract." + std::to_string(getpid()));
    fs::create_directories(folder);
  }
  void TearDown() override {
    if (!folder.empty()) fs::remove_all(folder);
  }

  fs::path write(const std::string& name, const std::string& text) const {
    std::ofstream(folder / name, std::ios::binary) << text;
    return folder / name;
  }

  Error compile(const fs::path& model, const CompileOptions& options = {}) const {
    auto compiled = compile_model(model, std::string(GetParam().engine) + ":" + GetParam().device, options);
    return compiled ? Error{ErrorCode::internal, "it compiled"} : compiled.error();
  }

  /// Both ways to open it say the same, on one line that names the file.
  void expect_unusable(const fs::path& model) const {
    Error error = compile(model);
    EXPECT_EQ(error.code, ErrorCode::model_unusable) << error.message;
    EXPECT_THAT(error.message, HasSubstr(model.filename().string()));
    EXPECT_EQ(error.message.find('\n'), std::string::npos) << error.message;
    EXPECT_GT(error.message.size(), model.string().size() + 10) << "a reason";
    auto info = read_model(model);
    ASSERT_FALSE(info);
    EXPECT_EQ(info.error().code, ErrorCode::model_unusable);
  }

  fs::path folder;
};

INSTANTIATE_TEST_SUITE_P(Of, EngineErrors, testing::ValuesIn(readers()),
                         [](const auto& test) { return std::string(test.param.engine); });

TEST_P(EngineErrors, NameAModelThatIsNotThere) { expect_unusable(folder / "missing.onnx"); }

TEST_P(EngineErrors, NameAModelThatIsText) { expect_unusable(write("text.onnx", "this is no model\n")); }

TEST_P(EngineErrors, NameAModelThatIsEmpty) { expect_unusable(write("empty.onnx", "")); }

TEST_P(EngineErrors, NameAModelThatIsCutShort) {
  std::string whole = contents(asset("yolox_nano.onnx"));
  expect_unusable(write("short.onnx", whole.substr(0, whole.size() / 2)));
}

TEST_P(EngineErrors, NameAModelWithAnOperatorThatNobodyKnows) {
  fs::path model = write("unknown.onnx", model_with_unknown_operator());
  expect_unusable(model);
  EXPECT_THAT(compile(model).message, HasSubstr("NoSuchOperator"));
}

TEST_P(EngineErrors, NameAnIrWhoseDescriptionOrWeightsAreCutShort) {
  if (!GetParam().reads_ir) GTEST_SKIP() << GetParam().engine << " does not read OpenVINO's format";
  std::string xml = contents(asset("person-detection-0200.xml")), bin = contents(asset("person-detection-0200.bin"));
  expect_unusable(write("text.xml", "this is no model\n"));
  write("short.bin", bin);
  expect_unusable(write("short.xml", xml.substr(0, xml.size() / 2)));
  write("weights.bin", bin.substr(0, bin.size() / 2));
  expect_unusable(write("weights.xml", xml));
  expect_unusable(write("alone.xml", xml));  // without weights
}

TEST_P(EngineErrors, NameAPropertyThatIsNotThere) {
  CompileOptions options;
  options.properties["NO_SUCH_PROPERTY"] = "1";
  Error error = compile(asset("yolox_nano.onnx"), options);
  EXPECT_EQ(error.code, ErrorCode::invalid_argument) << error.message;
  EXPECT_THAT(error.message, HasSubstr("NO_SUCH_PROPERTY"));
}

TEST_P(EngineErrors, NameADeviceThatIsNotThere) {
  auto model = compile_model(asset("yolox_nano.onnx"), std::string(GetParam().engine) + ":XPU");
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().code, ErrorCode::device_unusable);
  EXPECT_THAT(model.error().message, HasSubstr("XPU"));
  for (const EngineStatus& status : engines()) {  // asked directly, it says so too
    if (status.name != GetParam().engine) continue;
    auto direct = status.engine->compile(asset("yolox_nano.onnx"), "XPU", {});
    ASSERT_FALSE(direct);
    EXPECT_EQ(direct.error().code, ErrorCode::device_unusable) << direct.error().message;
  }
}

}  // namespace
}  // namespace inflight
