#include "device_string.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>

#include "inflight/detail/joined.hpp"

namespace inflight {
namespace {

using Kind = DeviceSpec::Kind;

/// Recursive descent over one string; every step takes the part of it that it owns as [begin, end).
class Parser {
 public:
  explicit Parser(const std::string& text) : text_(text) {}

  Result<DeviceSpec> parse() {
    auto control = std::ranges::find_if(text_, is_control);
    if (control != text_.end())
      return wrong(static_cast<std::size_t>(control - text_.begin()), "control characters have no place in a device");
    return device(0, text_.size());
  }

 private:
  static constexpr int kDeepest = 32;  // no machine has use for more, and each level takes stack

  static bool gathers(const DeviceSpec& spec) {
    return spec.kind == Kind::batch || std::ranges::any_of(spec.members, gathers);
  }

  static bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

  tl::unexpected<Error> wrong(std::size_t place, const std::string& what) const {
    std::string shown = text_;
    std::ranges::replace_if(shown, is_control, '?');
    return fail(ErrorCode::invalid_argument,
                fmt::format("device \"{}\": {}\n  {}\n  {:>{}}", shown, what, shown, "^", place + 1));
  }

  std::string_view part(std::size_t begin, std::size_t end) const {
    return std::string_view(text_).substr(begin, end - begin);
  }

  /// The parenthesis that closes the one at `open`; end if there is none.
  std::size_t closing(std::size_t open, std::size_t end) const {
    int depth = 0;
    for (std::size_t i = open; i < end; ++i) {
      if (text_[i] == '(') ++depth;
      if (text_[i] == ')' && --depth == 0) return i;
    }
    return end;
  }

  /// The parenthesis that opens what the one at the end closes; end if there is none.
  std::size_t opening(std::size_t begin, std::size_t end) const {
    int depth = 0;
    for (std::size_t i = end; i > begin; --i) {
      if (text_[i - 1] == ')') ++depth;
      if (text_[i - 1] == '(' && --depth == 0) return i - 1;
      if (depth == 0) break;  // it does not end in one
    }
    return end;
  }

  /// Does a parenthesis at `open` enclose a device, and not the size of a batch? A size has its device before it.
  bool opens_group(std::size_t begin, std::size_t open) const {
    std::string_view before = part(begin, open);
    if (before.ends_with('-')) before.remove_suffix(1);
    constexpr std::string_view kBeforeDevices[] = {"AUTO:", "MULTI:", "BATCH:", "PROCESS:", ",", "("};
    return before.empty() ||
           std::ranges::any_of(kBeforeDevices, [&](std::string_view end) { return before.ends_with(end); });
  }

  Result<DeviceSpec> device(std::size_t begin, std::size_t end) {
    int around = 0;  // parentheses are no level of their own: the printed form has more of them
    for (; begin < end && text_[begin] == '(' && closing(begin, end) == end - 1 && around < kDeepest; ++around) {
      ++begin;
      --end;
    }
    if (depth_ == kDeepest || around == kDeepest)
      return wrong(begin, fmt::format("devices within devices end {} levels down", kDeepest));
    ++depth_;
    Result<DeviceSpec> spec = any_device(begin, end);
    --depth_;
    return spec;
  }

  Result<DeviceSpec> any_device(std::size_t begin, std::size_t end) {
    if (begin == end) return wrong(begin, "a device is missing here");
    std::string_view all = part(begin, end);
    if (all == "AUTO") return DeviceSpec{Kind::automatic, "", {}, false, 0};
    if (all.starts_with("AUTO:")) return list(Kind::automatic, begin + 5, end);
    if (all == "MULTI" || all == "BATCH" || all == "PROCESS")
      return wrong(end, fmt::format("{} needs devices: {}:CPU", all, all));
    if (all.starts_with("MULTI:")) return list(Kind::multi, begin + 6, end);
    if (all.starts_with("BATCH:")) return batch(begin + 6, end);
    if (all.starts_with("PROCESS:")) return process(begin + 8, end);
    return plain(begin, end);
  }

  Result<DeviceSpec> plain(std::size_t begin, std::size_t end) const {
    std::string_view name = part(begin, end);
    std::size_t stray = name.find_first_of("()");
    bool sim = name.starts_with("sim:");
    if (stray != std::string_view::npos)
      return wrong(begin + stray, name[stray] == '(' ? "this parenthesis is not closed, or has no place here"
                                                     : "this parenthesis has no place here");
    if (!sim && name.find(',') != std::string_view::npos)
      return wrong(begin + name.find(','), "several devices need AUTO: or MULTI: in front");
    if (!sim && name.ends_with(':')) return wrong(end, "a device is missing here");
    if (name.starts_with('-')) return wrong(begin, "only AUTO can exclude devices, each by its own -NAME");
    return DeviceSpec{Kind::plain, std::string(name), {}, false, 0};
  }

  Result<DeviceSpec> list(Kind kind, std::size_t begin, std::size_t end) {
    DeviceSpec spec{kind, "", {}, false, 0};
    for (std::size_t item = begin; item <= end;) {
      std::size_t comma = item;
      while (comma < end && text_[comma] != ',') comma = text_[comma] == '(' ? closing(comma, end) : comma + 1;
      bool excluded = item < end && text_[item] == '-';
      if (excluded && kind != Kind::automatic) return wrong(item, "only AUTO can exclude devices");
      Result<DeviceSpec> member = device(item + (excluded ? 1 : 0), comma);
      if (!member) return member;
      if (excluded && member->kind != Kind::plain) return wrong(item + 1, "only single devices can be excluded");
      member->excluded = excluded;
      spec.members.push_back(std::move(*member));
      item = comma + 1;
    }
    return spec;
  }

  Result<DeviceSpec> batch(std::size_t begin, std::size_t end) {
    DeviceSpec spec{Kind::batch, "", {}, false, 0};
    std::size_t open = opening(begin, end);
    if (open != end && !opens_group(begin, open)) {
      auto [stop, error] = std::from_chars(&text_[open + 1], &text_[end - 1], spec.batch_size);
      if (error != std::errc{} || stop != &text_[end - 1]) return wrong(open + 1, "the batch size must be a number");
      if (spec.batch_size < 1) return wrong(open + 1, "the batch size must be at least 1");
      end = open;
    }
    Result<DeviceSpec> inner = device(begin, end);
    if (!inner) return inner;
    if (gathers(*inner)) return wrong(begin, "requests gather once: leave out this BATCH or the one within");
    spec.members.push_back(std::move(*inner));
    return spec;
  }

  Result<DeviceSpec> process(std::size_t begin, std::size_t end) {
    Result<DeviceSpec> inner = device(begin, end);
    if (!inner) return inner;
    return DeviceSpec{Kind::process, "", {std::move(*inner)}, false, 0};
  }

  const std::string& text_;
  int depth_ = 0;
};

std::string as_member(const DeviceSpec& member) {
  bool group = member.kind != Kind::plain || member.name.find(',') != std::string::npos || member.name.ends_with(':');
  return fmt::format("{}{}{}{}", member.excluded ? "-" : "", group ? "(" : "", to_string(member), group ? ")" : "");
}

}  // namespace

std::string to_string(const DeviceSpec& spec) {
  switch (spec.kind) {
    case Kind::plain:
      return spec.name;
    case Kind::automatic:
      return spec.members.empty() ? "AUTO" : "AUTO:" + detail::joined(spec.members, ",", as_member);
    case Kind::multi:
      return "MULTI:" + detail::joined(spec.members, ",", as_member);
    case Kind::process:
      return "PROCESS:" + detail::joined(spec.members, ",", as_member);
    case Kind::batch:
      break;
  }
  std::string size = spec.batch_size > 0 ? fmt::format("({})", spec.batch_size) : "";
  return "BATCH:" + detail::joined(spec.members, ",", as_member) + size;
}

Result<DeviceSpec> parse_device(const std::string& text) { return Parser(text).parse(); }

}  // namespace inflight
