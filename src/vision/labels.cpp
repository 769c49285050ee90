#include "labels.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <optional>

namespace inflight {
namespace {

constexpr std::size_t kMaxLabels = 65536;  // no metadata may ask for more memory than this is worth

/// The classes of COCO as YOLO networks number them (of its 91 categories the 80 in use).
constexpr std::array<std::string_view, 80> kCoco{
    "person",         "bicycle",    "car",           "motorcycle",    "airplane",     "bus",           "train",
    "truck",          "boat",       "traffic light", "fire hydrant",  "stop sign",    "parking meter", "bench",
    "bird",           "cat",        "dog",           "horse",         "sheep",        "cow",           "elephant",
    "bear",           "zebra",      "giraffe",       "backpack",      "umbrella",     "handbag",       "tie",
    "suitcase",       "frisbee",    "skis",          "snowboard",     "sports ball",  "kite",          "baseball bat",
    "baseball glove", "skateboard", "surfboard",     "tennis racket", "bottle",       "wine glass",    "cup",
    "fork",           "knife",      "spoon",         "bowl",          "banana",       "apple",         "sandwich",
    "orange",         "broccoli",   "carrot",        "hot dog",       "pizza",        "donut",         "cake",
    "chair",          "couch",      "potted plant",  "bed",           "dining table", "toilet",        "tv",
    "laptop",         "mouse",      "remote",        "keyboard",      "cell phone",   "microwave",     "oven",
    "toaster",        "sink",       "refrigerator",  "book",          "clock",        "vase",          "scissors",
    "teddy bear",     "hair drier", "toothbrush"};

/// Models of the Open Model Zoo say nothing of their classes in the file; its documentation does. First match counts.
struct NamedModel {
  std::string_view part_of_name;
  std::array<std::string_view, 3> labels;
};
constexpr std::array<NamedModel, 4> kNamedModels{{
    {"person-vehicle-bike-detection-crossroad-1016", {"non-vehicle", "vehicle", "person"}},
    {"person-vehicle-bike-detection-200", {"vehicle", "person", "bike"}},
    {"person-detection-retail", {"background", "person", ""}},
    {"person", {"person", "", ""}},
}};

/// Walks over text such as {0: 'a', "1": "b"} or ['a', 'b'].
/// Every step refuses instead of reading on, so that damaged metadata ends in no labels, never in wrong ones.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  /// Skips blanks, then `wanted` if it is next.
  bool accept(char wanted) {
    skip_blanks();
    if (rest_.empty() || rest_.front() != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }

  /// A class number, quoted or not.
  std::optional<std::size_t> number() {
    bool quoted = accept('"') || accept('\'');
    skip_blanks();
    std::size_t value = 0;
    auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (error != std::errc{} || value >= kMaxLabels) return {};
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    if (quoted && !accept('"') && !accept('\'')) return {};
    return value;
  }

  /// Text between quotes of either kind, with backslash escapes.
  std::optional<std::string> string() {
    char quote = accept('"') ? '"' : '\'';
    if (quote == '\'' && !accept('\'')) return {};
    std::string text;
    while (!rest_.empty()) {
      char c = take();
      if (c == quote) return text;
      text += c == '\\' && !rest_.empty() ? take() : c;
    }
    return {};
  }

 private:
  char take() {
    char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }
  void skip_blanks() {
    while (!rest_.empty() && std::isspace(static_cast<unsigned char>(rest_.front()))) rest_.remove_prefix(1);
  }

  std::string_view rest_;
};

/// After the brace. Numbers may come in any order and leave gaps; a gap stays empty and is shown by its number.
std::vector<std::string> parse_map(Scanner scan) {
  std::vector<std::string> labels;
  while (!scan.accept('}')) {
    auto id = scan.number();
    if (!id || !scan.accept(':')) return {};
    auto name = scan.string();
    if (!name) return {};
    if (labels.size() <= *id) labels.resize(*id + 1);
    labels[*id] = std::move(*name);
    scan.accept(',');
  }
  return labels;
}

/// After the bracket.
std::vector<std::string> parse_list(Scanner scan) {
  std::vector<std::string> labels;
  while (!scan.accept(']')) {
    auto name = scan.string();
    if (!name || labels.size() >= kMaxLabels) return {};
    labels.push_back(std::move(*name));
    scan.accept(',');
  }
  return labels;
}

/// By the strongest separator there is, since names may hold the weaker ones ("traffic light").
std::vector<std::string> split(std::string_view text) {
  char separator = text.find('\n') != text.npos ? '\n' : text.find(',') != text.npos ? ',' : ' ';
  std::vector<std::string> labels;
  while (!text.empty() && labels.size() < kMaxLabels) {
    std::size_t end = std::min(text.find(separator), text.size());
    std::string_view name = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    while (!name.empty() && std::isspace(static_cast<unsigned char>(name.front()))) name.remove_prefix(1);
    while (!name.empty() && std::isspace(static_cast<unsigned char>(name.back()))) name.remove_suffix(1);
    if (!name.empty()) labels.emplace_back(name);
  }
  return labels;
}

/// "names" is Ultralytics' key, "labels" that of OpenVINO's model_api.
std::vector<std::string> from_metadata(const ModelInfo& model) {
  for (const auto& [key, value] : model.metadata) {
    if (last_part(key) != "labels" && last_part(key) != "names") continue;
    if (auto labels = parse_labels(value); !labels.empty()) return labels;
  }
  return {};
}

std::vector<std::string> from_name(const ModelInfo& model) {
  auto match = std::ranges::find_if(
      kNamedModels, [&](const NamedModel& named) { return model.name.find(named.part_of_name) != std::string::npos; });
  if (match == kNamedModels.end()) return {};
  auto end = std::ranges::find(match->labels, "");
  return {match->labels.begin(), end};
}

}  // namespace

std::string_view last_part(std::string_view key) {
  std::size_t at = key.find_last_of("/.");
  return at == key.npos ? key : key.substr(at + 1);
}

std::vector<std::string> parse_labels(std::string_view text) {
  Scanner scan(text);
  if (scan.accept('{')) return parse_map(scan);
  if (scan.accept('[')) return parse_list(scan);
  return split(text);
}

std::vector<std::string> find_labels(const ModelInfo& model, std::size_t classes) {
  if (auto labels = from_metadata(model); !labels.empty()) return labels;
  if (classes == kCoco.size()) return {kCoco.begin(), kCoco.end()};
  // Names tell only of the networks whose output does not show how many classes there are, or that there is one.
  return classes <= 1 ? from_name(model) : std::vector<std::string>{};
}

}  // namespace inflight
