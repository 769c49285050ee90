#include "inflight/tensor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>
#include <numeric>

#include "tensor_size.hpp"

namespace inflight {
namespace {

constexpr std::size_t kAlignment = 64;

struct TypeFacts {
  const char* name;
  std::size_t bytes;
};

constexpr std::array<TypeFacts, 9> kTypes{
    {{"u8", 1}, {"i8", 1}, {"i32", 4}, {"i64", 8}, {"bf16", 2}, {"f16", 2}, {"f32", 4}, {"f64", 8}, {"other", 0}}};

const TypeFacts& facts(ElementType type) noexcept { return kTypes[static_cast<std::size_t>(type)]; }

}  // namespace

std::size_t size_of(ElementType type) noexcept { return facts(type).bytes; }
const char* to_string(ElementType type) noexcept { return facts(type).name; }

Shape::Shape(std::span<const std::int64_t> dims) noexcept : rank_(std::min(dims.size(), kMaxRank)) {
  std::copy_n(dims.begin(), rank_, dims_.begin());
}

bool Shape::is_static() const noexcept {
  return std::all_of(begin(), end(), [](std::int64_t d) { return d >= 0; });
}

std::size_t Shape::elements() const noexcept {
  return std::accumulate(begin(), end(), std::size_t{1},
                         [](std::size_t n, std::int64_t d) { return n * static_cast<std::size_t>(d); });
}

bool operator==(const Shape& a, const Shape& b) noexcept { return std::ranges::equal(a.dims(), b.dims()); }

std::string to_string(const Shape& shape) {
  std::string text = "[";
  for (std::int64_t dim : shape) {
    if (text.size() > 1) text += ',';
    text += dim < 0 ? "?" : fmt::format("{}", dim);
  }
  return text + ']';
}

std::optional<std::size_t> bytes_of(ElementType type, const Shape& shape) noexcept {
  constexpr auto kMost = static_cast<std::size_t>(std::numeric_limits<std::ptrdiff_t>::max()) - kAlignment;
  std::size_t bytes = size_of(type);
  if (bytes == 0 || !shape.is_static()) return std::nullopt;
  if (std::ranges::find(shape, 0) != shape.end()) return 0;
  for (std::int64_t dim : shape) {
    if (static_cast<std::size_t>(dim) > kMost / bytes) return std::nullopt;
    bytes *= static_cast<std::size_t>(dim);
  }
  return bytes;
}

Tensor::Tensor(ElementType type, const Shape& shape) {
  std::optional<std::size_t> bytes = bytes_of(type, shape);
  if (!bytes) throw std::bad_alloc();
  std::size_t rounded = std::max(kAlignment, (*bytes + kAlignment - 1) / kAlignment * kAlignment);
  data_.reset(std::aligned_alloc(kAlignment, rounded));
  if (!data_) throw std::bad_alloc();
  std::memset(data_.get(), 0, rounded);
  view_ = TensorView(data_.get(), type, shape);
}

void Tensor::Free::operator()(void* p) const noexcept { std::free(p); }

}  // namespace inflight
