#include "inflight/tensor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <numeric>

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

Tensor::Tensor(ElementType type, const Shape& shape) {
  std::size_t bytes = shape.elements() * size_of(type);
  std::size_t rounded = std::max(kAlignment, (bytes + kAlignment - 1) / kAlignment * kAlignment);
  data_.reset(std::aligned_alloc(kAlignment, rounded));
  if (!data_) throw std::bad_alloc();
  std::memset(data_.get(), 0, rounded);
  view_ = TensorView(data_.get(), type, shape);
}

void Tensor::Free::operator()(void* p) const noexcept { std::free(p); }

}  // namespace inflight
