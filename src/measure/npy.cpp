#include "npy.hpp"

#include <array>
#include <charconv>
#include <cstring>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tensor_size.hpp"

namespace inflight {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::array<std::pair<std::string_view, ElementType>, 9> kTypes{{{"|u1", ElementType::u8},
                                                                          {"|i1", ElementType::i8},
                                                                          {"|b1", ElementType::u8},
                                                                          {"<i4", ElementType::i32},
                                                                          {"<i8", ElementType::i64},
                                                                          {"<f2", ElementType::f16},
                                                                          {"<f4", ElementType::f32},
                                                                          {"<f8", ElementType::f64},
                                                                          {"<u1", ElementType::u8}}};

/// What stands behind 'key': in the header, up to `end`.
std::string_view value_of(std::string_view header, std::string_view key, char end) {
  std::size_t at = header.find(key);
  if (at == std::string_view::npos) return {};
  at = header.find(':', at);
  if (at == std::string_view::npos) return {};
  std::size_t stop = header.find(end, at);
  return stop == std::string_view::npos ? std::string_view{} : header.substr(at + 1, stop - at - 1);
}

std::optional<ElementType> parse_type(std::string_view header) {
  std::string_view value = value_of(header, "'descr'", ',');
  for (const auto& [name, type] : kTypes)
    if (value.find(name) != std::string_view::npos) return type;
  return std::nullopt;
}

std::optional<Shape> parse_shape(std::string_view header) {
  std::string_view value = value_of(header, "'shape'", ')');
  std::vector<std::int64_t> dims;
  for (std::size_t i = 0; i < value.size();) {
    std::int64_t size = 0;
    auto [stop, error] = std::from_chars(value.data() + i, value.data() + value.size(), size);
    if (error == std::errc{}) dims.push_back(size);
    i = error == std::errc{} ? static_cast<std::size_t>(stop - value.data()) : i + 1;
  }
  if (dims.size() > Shape::kMaxRank) return std::nullopt;
  std::int64_t bytes = sizeof(double);  // of the largest type: a product that wraps would pass for a small array
  for (std::int64_t size : dims)
    if (size <= 0 || __builtin_mul_overflow(bytes, size, &bytes)) return std::nullopt;
  return Shape(dims);
}

std::optional<std::string> read_header(std::istream& file) {
  std::array<char, 8> start{};  // magic and version
  std::array<unsigned char, 4> length{};
  if (!file.read(start.data(), start.size()) || std::string_view(start.data(), kMagic.size()) != kMagic) return {};
  bool wide = start[6] > 1;
  if (!file.read(reinterpret_cast<char*>(length.data()), wide ? 4 : 2)) return {};
  std::size_t size = length[0] + 256U * length[1] + 65536U * length[2];
  std::string header(size, '\0');
  if (length[3] != 0 || !file.read(header.data(), static_cast<std::streamsize>(size))) return {};
  return header;
}

}  // namespace

Result<Tensor> read_npy(const std::filesystem::path& path) {
  auto refuse = [&](const char* why) { return fail(ErrorCode::unreadable_input, path.string() + ": " + why); };
  std::ifstream file(path, std::ios::binary);
  if (!file) return refuse("cannot be opened");
  std::optional<std::string> header = read_header(file);
  if (!header) return refuse("it is no .npy file");
  if (value_of(*header, "'fortran_order'", ',').find("True") != std::string_view::npos)
    return refuse("it is in column-major order; save numpy.ascontiguousarray(array)");
  std::optional<ElementType> type = parse_type(*header);
  std::optional<Shape> shape = parse_shape(*header);
  if (!type || !shape) return refuse("no input has such a type or shape");
  std::error_code unknown;
  std::uintmax_t size = std::filesystem::file_size(path, unknown);
  std::optional<std::size_t> wanted = bytes_of(*type, *shape);
  if (unknown || !wanted || size < *wanted) return refuse("it is truncated");
  Tensor tensor(*type, *shape);
  std::span<std::byte> bytes = tensor.view().as_bytes();
  if (!file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size())))
    return refuse("it is truncated");
  return tensor;
}

}  // namespace inflight
