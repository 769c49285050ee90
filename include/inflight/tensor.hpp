// n-dimensional data: Tensor owns it, TensorView borrows it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>

#include "inflight/api.hpp"

namespace INFLIGHT_API inflight {

enum class ElementType : std::uint8_t { u8, i8, i32, i64, bf16, f16, f32, f64, other };

/// Bytes of one element; 0 for `other`.
std::size_t size_of(ElementType type) noexcept;
/// "u8", "f32", … Points to static storage.
const char* to_string(ElementType type) noexcept;

/// Up to eight dimensions, without allocation. A dimension of −1 is not fixed yet ("dynamic").
class Shape {
 public:
  static constexpr std::size_t kMaxRank = 8;

  Shape() noexcept = default;
  Shape(std::initializer_list<std::int64_t> dims) : Shape(std::span(dims.begin(), dims.size())) {}
  /// Dimensions past kMaxRank are dropped; engines refuse such models before this can happen.
  explicit Shape(std::span<const std::int64_t> dims) noexcept;

  std::size_t rank() const noexcept { return rank_; }
  std::int64_t operator[](std::size_t i) const noexcept { return dims_[i]; }
  std::int64_t& operator[](std::size_t i) noexcept { return dims_[i]; }
  std::span<const std::int64_t> dims() const noexcept { return {dims_.data(), rank_}; }
  auto begin() const noexcept { return dims().begin(); }
  auto end() const noexcept { return dims().end(); }

  bool is_static() const noexcept;
  /// Product of the dimensions; 1 for rank 0. Precondition: is_static().
  std::size_t elements() const noexcept;

  friend bool operator==(const Shape& a, const Shape& b) noexcept;

 private:
  std::array<std::int64_t, kMaxRank> dims_{};
  std::size_t rank_ = 0;
};

/// "[1,3,256,256]", with "?" for a dynamic dimension.
std::string to_string(const Shape& shape);

/// Borrowed, dense, row-major data. Cheap to copy. Valid as long as its owner says.
class TensorView {
 public:
  TensorView() noexcept = default;
  TensorView(void* data, ElementType type, const Shape& shape) noexcept
      : data_(static_cast<std::byte*>(data)), type_(type), shape_(shape) {}

  std::byte* data() const noexcept { return data_; }
  ElementType type() const noexcept { return type_; }
  const Shape& shape() const noexcept { return shape_; }
  std::size_t elements() const noexcept { return shape_.elements(); }
  std::size_t bytes() const noexcept { return elements() * size_of(type_); }

  /// The elements as T. Precondition: T matches type().
  template <class T>
  std::span<T> as() const noexcept {
    return {reinterpret_cast<T*>(data_), elements()};
  }
  std::span<std::byte> as_bytes() const noexcept { return {data_, bytes()}; }

 private:
  std::byte* data_ = nullptr;
  ElementType type_ = ElementType::other;
  Shape shape_;
};

/// Owned data, 64-byte aligned, zeroed. Move-only.
class Tensor {
 public:
  Tensor() noexcept = default;
  /// Precondition: shape.is_static() and size_of(type) > 0.
  Tensor(ElementType type, const Shape& shape);

  TensorView view() const noexcept { return view_; }
  operator TensorView() const noexcept { return view_; }  // NOLINT(google-explicit-constructor)

 private:
  struct Free {
    void operator()(void* p) const noexcept;
  };
  std::unique_ptr<void, Free> data_;
  TensorView view_;
};

}  // namespace INFLIGHT_API inflight
