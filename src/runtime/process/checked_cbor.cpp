#include "checked_cbor.hpp"

#include <array>
#include <cstdint>

namespace inflight {
namespace {

constexpr std::size_t kDeepest = 8;
constexpr std::uint64_t kMostItems = 1 << 18;

/// Goes over a value item by item; what is open is counted, not followed.
class Walk {
 public:
  explicit Walk(std::span<const std::byte> bytes) noexcept : left_(bytes) {}

  bool whole() noexcept {
    std::uint64_t items = 0;
    do {
      if (++items > kMostItems || !item()) return false;
      while (depth_ > 0 && open_[depth_ - 1] == 0) --depth_;
    } while (depth_ > 0);
    return left_.empty();
  }

 private:
  enum Major : unsigned { positive, negative, binary, text, array, map, tag, simple };

  bool item() noexcept {
    if (left_.empty()) return false;
    if (depth_ > 0) --open_[depth_ - 1];
    auto head = std::to_integer<unsigned>(take());
    unsigned major = head >> 5, kind = head & 31;
    if (major == simple) return is_simple(kind);
    std::uint64_t value = 0;
    if (!argument(kind, value) || major == tag) return false;
    if (major == binary || major == text) return skip(value);
    if (major == array) return open(value);
    if (major == map) return value <= kMostItems && open(2 * value);
    return true;
  }

  /// false, true, null, and floats of two, four and eight bytes.
  bool is_simple(unsigned kind) noexcept {
    if (kind >= 25 && kind <= 27) return skip(std::uint64_t{1} << (kind - 24));
    return kind >= 20 && kind <= 22;
  }

  bool argument(unsigned kind, std::uint64_t& value) noexcept {
    value = kind;
    if (kind < 24) return true;
    if (kind > 27) return false;  // of a length that is not told
    std::size_t size = std::size_t{1} << (kind - 24);
    if (left_.size() < size) return false;
    for (value = 0; size > 0; --size) value = value << 8 | std::to_integer<std::uint64_t>(take());
    return true;
  }

  bool open(std::uint64_t items) noexcept {
    if (items > kMostItems || depth_ == kDeepest) return false;
    open_[depth_++] = items;
    return true;
  }

  bool skip(std::uint64_t count) noexcept {
    if (count > left_.size()) return false;
    left_ = left_.subspan(count);
    return true;
  }

  std::byte take() noexcept {
    std::byte first = left_.front();
    left_ = left_.subspan(1);
    return first;
  }

  std::span<const std::byte> left_;
  std::array<std::uint64_t, kDeepest> open_{};  // items that are yet to come, by level
  std::size_t depth_ = 0;
};

}  // namespace

bool is_plain_cbor(std::span<const std::byte> bytes) noexcept { return Walk(bytes).whole(); }

}  // namespace inflight
