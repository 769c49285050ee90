// A log in bounded memory: the beginning of a run says how it came about, its end how it went on.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace inflight::report {

/// Keeps the first half of its capacity, and in the other half the newest values. One thread at a time.
template <class T>
class FirstAndNewest {
 public:
  /// The memory is reserved here: add() does not allocate. The system gives pages as they are written.
  explicit FirstAndNewest(std::size_t capacity) : capacity_(std::max<std::size_t>(capacity, 2)) {
    values_.reserve(capacity_);
  }

  void add(T value) {
    if (values_.size() < capacity_) {
      values_.push_back(std::move(value));
      return;
    }
    values_[oldest_] = std::move(value);
    oldest_ = oldest_ + 1 == capacity_ ? first() : oldest_ + 1;
    ++left_out_;
  }

  std::uint64_t left_out() const noexcept { return left_out_; }

  /// All that is kept, in the order added; it is empty afterwards.
  std::vector<T> take() {
    const auto place = [this](std::size_t i) {
      return values_.begin() + static_cast<std::ptrdiff_t>(std::min(i, values_.size()));
    };
    std::rotate(place(first()), place(oldest_), values_.end());
    std::vector<T> taken = std::exchange(values_, {});
    values_.reserve(capacity_);
    oldest_ = first();
    left_out_ = 0;
    return taken;
  }

 private:
  std::size_t first() const noexcept { return capacity_ / 2; }

  std::size_t capacity_;
  std::size_t oldest_ = capacity_ / 2;  // of the newest half, once that is full
  std::uint64_t left_out_ = 0;
  std::vector<T> values_;
};

}  // namespace inflight::report
