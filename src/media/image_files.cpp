#include <fmt/format.h>
#include <glob.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>
#include <system_error>

#include "sources.hpp"

namespace inflight::media {
namespace fs = std::filesystem;
namespace {

constexpr std::array<std::string_view, 11> kImageExtensions{".png",  ".jpg", ".jpeg", ".bmp", ".webp", ".tif",
                                                            ".tiff", ".ppm", ".pgm",  ".pbm", ".pnm"};

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

}  // namespace

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

bool is_image_name(const fs::path& path) {
  std::string extension = path.extension().string();
  std::ranges::transform(extension, extension.begin(), [](unsigned char c) { return std::tolower(c); });
  return std::ranges::find(kImageExtensions, extension) != kImageExtensions.end();
}

Result<std::vector<fs::path>> images_in(const std::string& folder) {
  std::vector<fs::path> files;
  std::error_code trouble;
  for (fs::directory_iterator it(folder, trouble), end; !trouble && it != end; it.increment(trouble)) {
    std::error_code ignored;
    if (is_image_name(it->path()) && it->is_regular_file(ignored)) files.push_back(it->path());
  }
  if (trouble) {
    return fail(ErrorCode::unreadable_input,
                fmt::format("{}: the folder cannot be read: {}; check its permissions", folder, trouble.message()));
  }
  if (files.empty()) {
    return fail(ErrorCode::unreadable_input,
                fmt::format("{}: no images in this folder (png, jpg, bmp, webp, tiff, pnm); name a folder that has "
                            "some, or a video file",
                            folder));
  }
  sort_naturally(files);
  return files;
}

Result<std::vector<fs::path>> images_matching(const std::string& pattern) {
  glob_t found{};
  std::vector<fs::path> files;
  if (::glob(pattern.c_str(), 0, nullptr, &found) == 0) {
    for (std::size_t i = 0; i < found.gl_pathc; ++i) {
      if (is_image_name(found.gl_pathv[i])) files.emplace_back(found.gl_pathv[i]);
    }
  }
  ::globfree(&found);
  if (files.empty()) {
    return fail(ErrorCode::unreadable_input,
                fmt::format("{}: no image matches this pattern; check the folder and the extension", pattern));
  }
  sort_naturally(files);
  return files;
}

}  // namespace inflight::media
