#include "image_head.hpp"

#include <algorithm>
#include <array>
#include <climits>
#include <cstdint>
#include <cstdlib>

namespace inflight::media {
namespace {

/// Numbers in a file, all of them within it: what lies behind its end is 0.
class Bytes {
 public:
  explicit Bytes(std::string_view file, bool little = false) : file_(file), little_(little) {}

  std::uint32_t number(std::size_t at, std::size_t width) const {
    if (at > file_.size() || width > file_.size() - at) return 0;
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < width; ++i) {
      std::size_t next = at + (little_ ? width - 1 - i : i);
      value = value << 8 | static_cast<std::uint8_t>(file_[next]);
    }
    return value;
  }
  std::uint32_t u16(std::size_t at) const { return number(at, 2); }
  std::uint32_t u24(std::size_t at) const { return number(at, 3); }
  std::uint32_t u32(std::size_t at) const { return number(at, 4); }
  std::size_t size() const { return file_.size(); }
  std::string_view text(std::size_t at, std::size_t length) const {
    return at < file_.size() ? file_.substr(at, length) : std::string_view();
  }

 private:
  std::string_view file_;
  bool little_;
};

std::optional<Size> size_of(std::uint32_t width, std::uint32_t height) {
  if (width == 0 || height == 0 || width > INT_MAX || height > INT_MAX) return std::nullopt;
  return Size{static_cast<int>(width), static_cast<int>(height)};
}

/// EXIF's numbers name where the first row and the first column are to be seen.
std::optional<Orientation> orientation_of_exif(std::uint32_t number) {
  constexpr std::array<Orientation, 8> kMeanings{
      {{false, 0}, {true, 2}, {false, 2}, {true, 0}, {true, 1}, {false, 1}, {true, 3}, {false, 3}}};
  if (number < 1 || number > kMeanings.size()) return std::nullopt;
  return kMeanings[number - 1];
}

/// TIFF 6.0: a list of tagged values, which EXIF uses as well.
ImageHead read_tiff(std::string_view file) {
  constexpr std::uint32_t kWidth = 256, kHeight = 257, kOrientation = 274;
  constexpr std::uint32_t kShort = 3;
  constexpr std::size_t kEntry = 12;
  Bytes bytes(file, file.starts_with("II"));
  std::size_t list = bytes.u32(4);
  std::uint32_t width = 0, height = 0, orientation = 0;
  for (std::size_t i = 0, n = bytes.u16(list); i < n; ++i) {
    std::size_t entry = list + 2 + i * kEntry;
    std::uint32_t value = bytes.u16(entry + 2) == kShort ? bytes.u16(entry + 8) : bytes.u32(entry + 8);
    if (bytes.u16(entry) == kWidth) width = value;
    if (bytes.u16(entry) == kHeight) height = value;
    if (bytes.u16(entry) == kOrientation) orientation = value;
  }
  return {size_of(width, height), orientation_of_exif(orientation), false};
}

std::optional<Orientation> orientation_in(std::string_view exif) {
  constexpr std::string_view kPrefix{"Exif\0\0", 6};  // of JPEG, which some keep elsewhere
  if (exif.starts_with(kPrefix)) exif.remove_prefix(kPrefix.size());
  return read_tiff(exif).orientation;
}

ImageHead read_png(std::string_view file) {
  Bytes bytes(file);
  ImageHead head;
  std::size_t length = 0;
  for (std::size_t at = 8; at + 8 <= file.size(); at += 12 + length) {
    length = bytes.u32(at);
    std::string_view kind = bytes.text(at + 4, 4);
    if (kind == "IHDR") head.size = size_of(bytes.u32(at + 8), bytes.u32(at + 12));
    if (kind == "eXIf") head.orientation = orientation_in(bytes.text(at + 8, length));
    if (kind == "IEND") break;
  }
  return head;
}

ImageHead read_webp(std::string_view file) {
  constexpr std::uint32_t kAnimation = 2;
  Bytes bytes(file, true);
  ImageHead head;
  std::size_t length = 0;
  for (std::size_t at = 12; at + 8 <= file.size(); at += 8 + length + length % 2) {
    length = bytes.u32(at + 4);
    std::string_view kind = bytes.text(at, 4);
    std::size_t content = at + 8;
    if (kind == "VP8X") {
      head.animated = bytes.number(content, 1) & kAnimation;
      head.size = size_of(bytes.u24(content + 4) + 1, bytes.u24(content + 7) + 1);
    }
    if (kind == "EXIF") head.orientation = orientation_in(bytes.text(content, length));
  }
  return head;  // without VP8X no side is longer than 16384
}

/// Up to the frame header: all before it are segments that name their length.
ImageHead read_jpeg(std::string_view file) {
  Bytes bytes(file);
  for (std::size_t at = 2; at + 4 <= file.size();) {
    std::uint32_t marker = bytes.u16(at);
    if (marker < 0xff00) break;
    bool frame = marker >= 0xffc0 && marker <= 0xffcf && marker != 0xffc4 && marker != 0xffc8 && marker != 0xffcc;
    if (frame) return {size_of(bytes.u16(at + 7), bytes.u16(at + 5)), {}, false};
    at += marker == 0xffff ? 1 : 2 + std::size_t{bytes.u16(at + 2)};  // 0xff may be repeated
  }
  return {};
}

ImageHead read_bmp(std::string_view file) {
  Bytes bytes(file, true);
  if (bytes.u32(14) == 12) return {size_of(bytes.u16(18), bytes.u16(20)), {}, false};
  auto height = static_cast<std::int32_t>(bytes.u32(22));  // negative: the first row is on top
  return {size_of(bytes.u32(18), static_cast<std::uint32_t>(std::abs(std::int64_t{height}))), {}, false};
}

/// "P6 640 480 255", with remarks from # to the end of a line.
ImageHead read_pnm(std::string_view file) {
  std::array<std::uint32_t, 2> numbers{};
  std::size_t at = 2;
  for (std::uint32_t& number : numbers) {
    while (at < file.size() && (file[at] < '0' || file[at] > '9'))
      at = file[at] == '#' ? std::min(file.find('\n', at), file.size()) : at + 1;
    while (at < file.size() && file[at] >= '0' && file[at] <= '9' && number < INT_MAX / 10)
      number = number * 10 + static_cast<std::uint32_t>(file[at++] - '0');
  }
  return {size_of(numbers[0], numbers[1]), {}, false};
}

}  // namespace

ImageHead read_image_head(std::string_view file, AVCodecID codec) {
  switch (codec) {
    case AV_CODEC_ID_PNG:
      return read_png(file);
    case AV_CODEC_ID_WEBP:
      return read_webp(file);
    case AV_CODEC_ID_MJPEG:
      return read_jpeg(file);
    case AV_CODEC_ID_BMP:
      return read_bmp(file);
    case AV_CODEC_ID_TIFF:
      return read_tiff(file);
    case AV_CODEC_ID_PBM:
    case AV_CODEC_ID_PGM:
    case AV_CODEC_ID_PPM:
      return read_pnm(file);
    default:
      return {};
  }
}

}  // namespace inflight::media
