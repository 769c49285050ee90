#include <fmt/format.h>

#include <cmath>
#include <iterator>
#include <string_view>

#include "inflight/media.hpp"
#include "output_file.hpp"
#include "printable.hpp"

namespace inflight {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD, for bytes that are not UTF-8

/// `text` in quotes. Names come from label files and error texts, so any byte may be in them.
void append_text(std::string& line, std::string_view text) {
  line += '"';
  while (!text.empty()) {
    char c = text.front();
    std::size_t length = utf8_length(text);
    if (c == '"' || c == '\\') {
      line += '\\';
      line += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      fmt::format_to(std::back_inserter(line), "\\u{:04x}", static_cast<unsigned>(c));
    } else {
      line += length ? text.substr(0, length) : kReplacement;
    }
    text.remove_prefix(length ? length : 1);
  }
  line += '"';
}

/// The shortest text that reads back as the same number, so that equal lines mean equal bits.
template <class Number>
void append_number(std::string& line, Number value) {
  if (!std::isfinite(value)) {
    line += "null";
    return;
  }
  std::size_t begin = line.size();
  fmt::format_to(std::back_inserter(line), "{}", value);
  // Readers that tell integers from floats should see a float whatever its value.
  if (line.find_first_of(".e", begin) == std::string::npos) line += ".0";
}

// The keys and their order are a promise to whoever reads the lines; to_json's test pins them.
void append_detection(std::string& line, const Detection& detection) {
  line += "{\"label\": ";
  append_text(line, detection.label);
  fmt::format_to(std::back_inserter(line), ", \"class_id\": {}, \"score\": ", detection.class_id);
  append_number(line, detection.score);
  line += ", \"box\": [";
  const Box& box = detection.box;
  const char* separator = "";
  for (float value : {box.left, box.top, box.width, box.height}) {
    line += separator;
    append_number(line, value);
    separator = ", ";
  }
  line += ']';
  if (!detection.features.empty()) {
    line += ", \"features\": [";
    separator = "";
    for (float value : detection.features) {
      line += separator;
      append_number(line, value);
      separator = ", ";
    }
    line += ']';
  }
  line += '}';
}

void append_detections(std::string& line, const std::vector<Detection>& detections) {
  line += "\"detections\": [";
  const char* separator = "";
  for (const Detection& detection : detections) {
    line += separator;
    append_detection(line, detection);
    separator = ", ";
  }
  line += ']';
}

/// One object per model, by its name.
void append_models(std::string& line, const std::vector<ModelResult>& models) {
  line += "\"models\": {";
  const char* separator = "";
  for (const ModelResult& model : models) {
    line += separator;
    append_text(line, model.model);
    line += ": {\"device\": ";
    append_text(line, model.device);
    line += ", ";
    append_detections(line, model.detections);
    line += '}';
    separator = ", ";
  }
  line += '}';
}

void append_result(std::string& line, const FrameResult& result) {
  fmt::format_to(std::back_inserter(line), "{{\"source\": {}, \"frame\": {}, \"pts_ms\": ", result.frame.source,
                 result.frame.id);
  append_number(line, to_ms(result.frame.timestamp));
  if (!result.frame.file().empty()) {
    line += ", \"file\": ";
    append_text(line, result.frame.file());
  }
  fmt::format_to(std::back_inserter(line), ", \"status\": \"{}\"", to_string(result.status));
  if (!result.device.empty()) {
    line += ", \"device\": ";
    append_text(line, result.device);
  }
  if (result.status == FrameStatus::emitted) {
    line += ", ";
    result.models.empty() ? append_detections(line, result.detections) : append_models(line, result.models);
  } else {
    line += ", \"reason\": ";
    append_text(line, result.reason);
  }
  line += '}';
}

/// One buffer for all lines, so that nothing is allocated per frame.
class JsonSink final : public Sink {
 public:
  explicit JsonSink(media::OutputFile file) : file_(std::move(file)) {}

  Result<void> write(const FrameResult& result) override {
    line_.clear();  // keeps its memory
    append_result(line_, result);
    line_ += '\n';
    return file_.write(line_);
  }

  Result<void> finish() override { return file_.close(); }

 private:
  media::OutputFile file_;
  std::string line_;
};

}  // namespace

Result<std::unique_ptr<Sink>> open_json_sink(const std::filesystem::path& path) {
  auto file = media::OutputFile::open(path);
  if (!file) return fail(std::move(file.error()));
  return std::make_unique<JsonSink>(std::move(*file));
}

std::string to_json(const FrameResult& result) {
  std::string line;
  append_result(line, result);
  return line;
}

}  // namespace inflight
