#include <fmt/format.h>
#include <glob.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <iterator>
#include <span>
#include <string_view>
#include <system_error>

#include "sources.hpp"
#include "unreadable.hpp"

namespace inflight {
namespace fs = std::filesystem;
namespace media {
namespace {

constexpr std::array<std::string_view, 11> kImageExtensions{".png",  ".jpg", ".jpeg", ".bmp", ".webp", ".tif",
                                                            ".tiff", ".ppm", ".pgm",  ".pbm", ".pnm"};

constexpr std::array<std::string_view, 32> kVideoExtensions{
    ".mp4", ".m4v", ".mov",  ".mkv",  ".webm", ".avi", ".ts",  ".mts", ".m2ts", ".mpg",  ".mpeg",
    ".m2v", ".vob", ".wmv",  ".asf",  ".flv",  ".f4v", ".3gp", ".3g2", ".ogv",  ".ogg",  ".mxf",
    ".nut", ".ivf", ".h264", ".h265", ".hevc", ".264", ".265", ".y4m", ".gif",  ".mjpeg"};

bool has_extension(const fs::path& path, std::span<const std::string_view> extensions) {
  std::string extension = path.extension().string();
  std::ranges::transform(extension, extension.begin(), [](unsigned char c) { return std::tolower(c); });
  return std::ranges::find(extensions, extension) != extensions.end();
}

bool is_video_name(const fs::path& path) { return has_extension(path, kVideoExtensions); }

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// The run of digits at `at`, without leading zeros.
std::string_view number_at(const std::string& text, std::size_t& at) {
  while (at < text.size() && text[at] == '0') ++at;
  std::size_t begin = at;
  while (at < text.size() && is_digit(text[at])) ++at;
  return std::string_view(text).substr(begin, at - begin);
}

void sort_naturally(std::vector<fs::path>& files) {
  std::ranges::sort(files, natural_less, [](const fs::path& file) { return file.string(); });
}

std::vector<fs::path> take(const std::vector<fs::path>& files, bool (*wanted)(const fs::path&)) {
  std::vector<fs::path> taken;
  std::ranges::copy_if(files, std::back_inserter(taken), wanted);
  return taken;
}

/// Those of a folder, sorted; not hidden ones, which programs leave behind beside the real ones ("._a.png").
Result<std::vector<fs::path>> files_in(const std::string& folder) {
  std::vector<fs::path> files;
  std::error_code trouble;
  for (fs::directory_iterator it(folder, trouble), end; !trouble && it != end; it.increment(trouble)) {
    std::error_code ignored;
    bool hidden = it->path().filename().string().starts_with('.');
    if (!hidden && it->is_regular_file(ignored)) files.push_back(it->path());
  }
  if (trouble) {
    return fail(ErrorCode::unreadable_input, fmt::format("{}: the folder cannot be read: {}", redacted(folder),
                                                         why_unreadable(folder, trouble.value())));
  }
  sort_naturally(files);
  return files;
}

/// Files that match a pattern, sorted.
std::vector<fs::path> files_matching(const std::string& pattern) {
  glob_t found{};
  std::vector<fs::path> files;
  if (::glob(pattern.c_str(), 0, nullptr, &found) == 0) {
    for (std::size_t i = 0; i < found.gl_pathc; ++i) {
      std::error_code ignored;
      if (fs::is_regular_file(found.gl_pathv[i], ignored)) files.emplace_back(found.gl_pathv[i]);
    }
  }
  ::globfree(&found);
  sort_naturally(files);
  return files;
}

}  // namespace

bool is_pattern(const std::string& spec) { return spec.find_first_of("*?[") != std::string::npos; }

// Runs of digits compare by value, whatever their length; no number is built, so none overflows.
bool natural_less(const std::string& a, const std::string& b) {
  std::size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    if (is_digit(a[i]) && is_digit(b[j])) {
      std::string_view x = number_at(a, i), y = number_at(b, j);
      if (x.size() != y.size()) return x.size() < y.size();  // without leading zeros, longer is larger
      if (x != y) return x < y;
    } else {
      if (a[i] != b[j]) return a[i] < b[j];
      ++i, ++j;
    }
  }
  if (i < a.size() || j < b.size()) return i == a.size();
  return a < b;  // equal but for leading zeros: some fixed order
}

bool is_image_name(const fs::path& path) { return has_extension(path, kImageExtensions); }

Result<std::vector<fs::path>> images_in(const std::string& folder) {
  Result<std::vector<fs::path>> files = files_in(folder);
  if (!files) return files;
  std::vector<fs::path> images = take(*files, is_image_name);
  if (!images.empty()) return images;
  std::vector<fs::path> videos = take(*files, is_video_name);
  std::string instead = videos.empty() ? "name a folder that has some, or a video file"
                                       : "name one of its videos, such as " + videos.front().filename().string();
  return fail(
      ErrorCode::unreadable_input,
      fmt::format("{}: no images in this folder (png, jpg, bmp, webp, tiff, pnm); {}", redacted(folder), instead));
}

Result<std::vector<fs::path>> images_matching(const std::string& pattern) {
  std::vector<fs::path> files = files_matching(pattern);
  std::vector<fs::path> images = take(files, is_image_name);
  if (!images.empty()) return images;
  std::string instead = files.empty() ? "check the folder and the extension"
                                      : "name one of the files that do, such as " + files.front().string();
  return fail(ErrorCode::unreadable_input,
              fmt::format("{}: no image matches this pattern; {}", redacted(pattern), instead));
}

}  // namespace media

Result<NamedSources> find_sources(const std::string& spec) {
  using namespace media;
  NamedSources named{{spec}, {}};
  std::error_code ignored;  // what cannot be examined is reported by whoever opens it
  bool folder = fs::is_directory(spec, ignored);
  if (!folder && (!is_pattern(spec) || fs::exists(spec, ignored))) return named;
  Result<std::vector<fs::path>> files = folder ? files_in(spec) : files_matching(spec);
  if (!files) return fail(std::move(files.error()));
  bool pictures = !take(*files, is_image_name).empty();  // all of them are one source
  std::vector<fs::path> sources = take(*files, pictures ? is_image_name : is_video_name);
  // Who wrote a pattern knows what matches it.
  if (sources.empty() && !folder) sources = *files;
  if (sources.empty()) return named;
  for (const fs::path& file : *files)
    if (std::ranges::find(sources, file) == sources.end()) named.passed_over.push_back(file.string());
  if (pictures) return named;
  named.specs.clear();
  for (const fs::path& file : sources) named.specs.push_back(file.string());
  return named;
}

}  // namespace inflight
