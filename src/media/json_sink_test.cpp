#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "media_test_kit.hpp"
#include "output_file.hpp"

namespace inflight::test {
namespace {

using testing::HasSubstr;

FrameResult person() {
  FrameResult result;
  result.frame.id = 25;
  result.frame.timestamp = std::chrono::milliseconds(2500);
  result.detections = {{{1.5F, 2, 30.25F, 40}, 0.91F, 0, "person", {}}};
  return result;
}

TEST(ToJson, TellsSeveralModelsApartByTheirNames) {
  FrameResult result = person();
  result.models = {{"people", std::move(result.detections), "ov:CPU", {}}, {"cars", {}, "ort:CPU", {}}};
  EXPECT_EQ(to_json(result),
            R"({"source": 0, "frame": 25, "pts_ms": 2500.0, "status": "emitted", "models": {)"
            R"("people": {"device": "ov:CPU", "detections": [{"label": "person", "class_id": 0, "score": 0.91, )"
            R"("box": [1.5, 2.0, 30.25, 40.0]}]}, "cars": {"device": "ort:CPU", "detections": []}}})");
}

TEST(ToJson, HasTheFeaturesThatACascadeGave) {
  FrameResult result = person();
  result.detections[0].features = {0.5F, -2};
  EXPECT_THAT(to_json(result), testing::HasSubstr(R"("box": [1.5, 2.0, 30.25, 40.0], "features": [0.5, -2.0]})"));
}

TEST(ToJson, IsTheDocumentedLine) {
  EXPECT_EQ(to_json(person()),
            R"({"source": 0, "frame": 25, "pts_ms": 2500.0, "status": "emitted", "detections": [{"label": "person", )"
            R"("class_id": 0, "score": 0.91, "box": [1.5, 2.0, 30.25, 40.0]}]})");
}

TEST(ToJson, GivesTheReasonAndNoDetectionsOfAFrameThatWasNotEmitted) {
  FrameResult result = person();
  result.status = FrameStatus::dropped;
  result.reason = "queue full";
  EXPECT_EQ(to_json(result),
            R"({"source": 0, "frame": 25, "pts_ms": 2500.0, "status": "dropped", "reason": "queue full"})");
  result.status = FrameStatus::failed;
  EXPECT_THAT(to_json(result), HasSubstr(R"("status": "failed")"));
}

TEST(ToJson, NamesTheDeviceThatServedTheFrame) {
  FrameResult result = person();
  result.device = "ort:CPU";
  EXPECT_THAT(to_json(result), HasSubstr(R"("status": "emitted", "device": "ort:CPU", "detections": [)"));
}

TEST(ToJson, HasAnEmptyListWhereNothingWasFound) {
  FrameResult result = person();
  result.detections.clear();
  EXPECT_THAT(to_json(result), HasSubstr(R"("detections": []})"));
}

TEST(ToJson, NumbersReadBackWithTheSameBits) {
  for (float value : {0.1F, 1.0F / 3, 1e-20F, 3.4e38F, 16777216.0F, -0.0F, 1e10F, 123456.789F}) {
    FrameResult result = person();
    result.detections[0].box.left = value;
    auto parsed = nlohmann::json::parse(to_json(result));
    auto back = parsed["detections"][0]["box"][0];
    EXPECT_TRUE(back.is_number_float()) << value;
    EXPECT_EQ(static_cast<float>(back.get<double>()), value);
  }
  FrameResult result = person();
  result.frame.timestamp = Duration(33'333'333);
  EXPECT_THAT(to_json(result), HasSubstr(R"("pts_ms": 33.333333,)"));
}

TEST(ToJson, WritesNullForNumbersThatJsonLacks) {
  FrameResult result = person();
  result.detections[0].score = std::numeric_limits<float>::quiet_NaN();
  result.detections[0].box.top = std::numeric_limits<float>::infinity();
  auto parsed = nlohmann::json::parse(to_json(result));
  EXPECT_TRUE(parsed["detections"][0]["score"].is_null());
  EXPECT_TRUE(parsed["detections"][0]["box"][1].is_null());
}

TEST(ToJson, NamesTheFileOfAPictureThatIsOne) {
  FrameResult result = person();
  EXPECT_FALSE(nlohmann::json::parse(to_json(result)).contains("file"));
  result.frame.set_file("pets/a \"cat\".png");
  EXPECT_THAT(to_json(result), HasSubstr(R"("file": "pets/a \"cat\".png", "status")"));
}

TEST(ToJson, EscapesAnyLabel) {
  std::string names[] = {"a \"b\" \\c", "tab\tline\nnull" + std::string(1, '\0'), "Fußgänger 人 🚗", "\x7f"};
  for (const std::string& name : names) {
    FrameResult result = person();
    result.detections[0].label = name;
    auto parsed = nlohmann::json::parse(to_json(result));
    EXPECT_EQ(parsed["detections"][0]["label"].get<std::string>(), name);
  }
}

TEST(ToJson, ReplacesBytesThatAreNotUtf8) {
  for (const char* bytes : {"\xff", "\xc3", "\xe4\xba", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe4x"}) {
    FrameResult result = person();
    result.detections[0].label = bytes;
    auto parsed = nlohmann::json::parse(to_json(result), nullptr, false);
    ASSERT_FALSE(parsed.is_discarded()) << std::string(bytes).size();
    EXPECT_THAT(parsed["detections"][0]["label"].get<std::string>(), HasSubstr("\xef\xbf\xbd"));
  }
}

TEST(JsonSink, WritesOneLinePerFrameAndManyOfThem) {
  Folder folder;
  auto sink = open_json_sink(folder / "a.jsonl");
  ASSERT_TRUE(sink) << sink.error().message;
  constexpr int kLines = 3000;  // more than its buffer holds
  std::string expected;
  for (int i = 0; i < kLines; ++i) {
    FrameResult result = person();
    result.frame.id = static_cast<std::uint64_t>(i);
    expected += to_json(result) + '\n';
    ASSERT_TRUE((*sink)->write(result));
  }
  ASSERT_TRUE((*sink)->finish());
  EXPECT_EQ(contents(folder / "a.jsonl"), expected);
}

TEST(JsonSink, RefusesAPathThatCannotBeWritten) {
  Folder folder;
  auto sink = open_json_sink(folder / "none/a.jsonl");
  ASSERT_FALSE(sink);
  EXPECT_EQ(sink.error().code, ErrorCode::unwritable_output);
  EXPECT_THAT(sink.error().message, HasSubstr("the folder " + (folder / "none") + " does not exist; create it"));
  store(folder / "file", "x");
  EXPECT_THAT(open_json_sink(folder / "file/below/a.jsonl").error().message,
              HasSubstr((folder / "file") + " is not a folder; choose another path"));
  EXPECT_THAT(open_json_sink("/proc/a.jsonl").error().message, HasSubstr("the folder /proc does not take it"));
}

TEST(JsonSink, ReportsAFullDisk) {
  auto sink = open_json_sink("/dev/full");
  ASSERT_TRUE(sink);
  auto written = (*sink)->write(person());
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::output_failed);
  EXPECT_THAT(written.error().message, HasSubstr("/dev/full"));
  EXPECT_THAT(written.error().message, HasSubstr("No space left on device"));
}

TEST(JsonSink, ShowsEachLineAtOnceToWhoReadsFromAPipe) {
  Folder folder;
  std::string path = folder / "pipe";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  int reader = ::open(path.c_str(), O_RDONLY | O_NONBLOCK);
  auto sink = open_json_sink(path);
  ASSERT_TRUE((*sink)->write(person()));
  char text[1000];
  EXPECT_EQ(::read(reader, text, sizeof text), static_cast<ssize_t>(to_json(person()).size() + 1));
  ASSERT_TRUE((*sink)->finish());
  ::close(reader);
}

TEST(JsonSink, WritesToStandardOutputAndLeavesItOpen) {
  testing::internal::CaptureStdout();
  auto sink = open_json_sink("-");
  ASSERT_TRUE((*sink)->write(person()));
  ASSERT_TRUE((*sink)->finish());
  EXPECT_EQ(testing::internal::GetCapturedStdout(), to_json(person()) + "\n");
  EXPECT_GE(::fcntl(STDOUT_FILENO, F_GETFD), 0);
}

}  // namespace
}  // namespace inflight::test
