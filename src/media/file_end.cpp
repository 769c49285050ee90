#include "file_end.hpp"

#include <array>
#include <bit>
#include <cstdint>
#include <fstream>
#include <optional>
#include <string>
#include <system_error>

namespace inflight::media {
namespace {

class File {
 public:
  explicit File(const std::filesystem::path& path) : in_(path, std::ios::binary) {
    std::error_code trouble;
    std::uintmax_t size = std::filesystem::file_size(path, trouble);
    size_ = trouble ? 0 : size;
  }
  std::uint64_t size() const { return size_; }

  /// Empty where the file does not hold that much.
  std::string text(std::uint64_t at, std::size_t length) {
    std::string bytes(length, '\0');
    in_.clear();
    if (at > size_ || length > size_ - at || !in_.seekg(static_cast<std::streamoff>(at))) return {};
    in_.read(bytes.data(), static_cast<std::streamsize>(length));
    return in_ ? bytes : std::string();
  }
  std::optional<std::uint64_t> big_endian(std::uint64_t at, std::size_t length) {
    std::string bytes = text(at, length);
    if (bytes.empty()) return std::nullopt;
    std::uint64_t value = 0;
    for (char byte : bytes) value = value << 8 | static_cast<std::uint8_t>(byte);
    return value;
  }
  std::optional<std::uint32_t> little_endian(std::uint64_t at) {
    std::string bytes = text(at, 4);
    if (bytes.empty()) return std::nullopt;
    std::uint32_t value = 0;
    for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8 | static_cast<std::uint8_t>(bytes[i]);
    return value;
  }

 private:
  std::ifstream in_;
  std::uint64_t size_ = 0;
};

/// An element of EBML (RFC 8794), of which Matroska is made.
struct Element {
  std::uint64_t begin;                ///< of its content
  std::optional<std::uint64_t> size;  ///< nothing: not known when it was begun, as in a live recording
};

std::optional<Element> element_at(File& file, std::uint64_t at, std::uint32_t id) {
  if (file.big_endian(at, 4) != id) return std::nullopt;
  auto first = file.big_endian(at + 4, 1);
  if (!first || *first == 0) return std::nullopt;
  // As many bytes follow as there are zero bits in front of the first one.
  auto length = static_cast<std::size_t>(std::countl_zero(static_cast<std::uint8_t>(*first))) + 1;
  auto coded = file.big_endian(at + 4, length);
  if (!coded) return std::nullopt;
  std::uint64_t largest = (std::uint64_t{1} << (7 * length)) - 1, size = *coded & largest;
  return Element{at + 4 + length, size == largest ? std::nullopt : std::optional(size)};
}

bool is_cut_matroska(File& file) {
  constexpr std::uint32_t kHeader = 0x1a45dfa3, kSegment = 0x18538067;
  auto header = element_at(file, 0, kHeader);
  if (!header || !header->size) return false;
  auto segment = element_at(file, header->begin + *header->size, kSegment);
  return segment && segment->size && segment->begin + *segment->size > file.size();
}

/// One RIFF chunk, or several after each other in files above 1 GB (OpenDML).
bool is_cut_avi(File& file) {
  constexpr std::uint64_t kHeader = 8;
  std::uint64_t at = 0;
  while (file.text(at, 4) == "RIFF") {
    std::uint64_t size = file.little_endian(at + 4).value_or(0);
    if (size == 0 || size == UINT32_MAX) return false;  // not known when it was begun
    at += kHeader + size;
    if (at > file.size()) return true;
    at += size % 2;
  }
  return false;
}

/// Plain packets, with a time in front (Blu-ray), or with a checksum behind (broadcasts).
bool is_cut_transport_stream(File& file) {
  struct Layout {
    std::uint64_t packet, sync;
  };
  constexpr std::array<Layout, 3> kLayouts{{{188, 0}, {192, 4}, {204, 0}}};
  constexpr std::uint64_t kPackets = 8;  // so many sync bytes in their places are no accident
  for (auto [packet, sync] : kLayouts) {
    std::uint64_t synced = 0;
    while (synced < kPackets && file.text(sync + synced * packet, 1) == "G") ++synced;
    if (synced == kPackets) return file.size() % packet != 0;
  }
  return false;
}

/// Every tag is followed by its size.
bool is_cut_flv(File& file) {
  constexpr std::uint64_t kTrailer = 4, kTagHeader = 11, kFileHeader = 9;
  if (file.size() < kFileHeader + kTrailer + kTagHeader) return true;
  std::uint64_t end = file.size() - kTrailer;
  std::uint64_t size = file.big_endian(end, kTrailer).value_or(0);
  return size < kTagHeader || size > end - kFileHeader || file.big_endian(end - size + 1, 3) != size - kTagHeader;
}

}  // namespace

bool is_cut_off(const std::filesystem::path& path, std::string_view format) {
  File file(path);
  if (format.starts_with("matroska")) return is_cut_matroska(file);
  if (format == "avi") return is_cut_avi(file);
  if (format == "mpegts") return is_cut_transport_stream(file);
  if (format == "flv") return is_cut_flv(file);
  return false;
}

}  // namespace inflight::media
