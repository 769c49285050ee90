// Samples of something that may go on for ever.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace inflight::report {

/// At most so many values, at equal distances: when there are too many, every other one goes, and from then on half as
/// many are wanted. One thread at a time.
template <class T>
class EvenlyKept {
 public:
  /// `most`: even.
  explicit EvenlyKept(std::size_t most) : most_(most) {}

  /// Whether the next value that there could be is one to keep. To be asked once for each.
  bool wanted() noexcept { return asked_++ % every_ == 0; }

  void add(T value) {
    if (values_.size() >= most_) thin_out();
    values_.push_back(std::move(value));
  }

  std::vector<T> take() { return std::exchange(values_, {}); }

 private:
  void thin_out() {
    std::size_t index = 0;
    std::erase_if(values_, [&index](const T&) { return index++ % 2 == 1; });
    every_ *= 2;
  }

  const std::size_t most_;
  std::uint64_t asked_ = 0, every_ = 1;
  std::vector<T> values_;
};

}  // namespace inflight::report
