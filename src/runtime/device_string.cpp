#include "device_string.hpp"

#include <fmt/format.h>

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

  Result<DeviceSpec> parse() { return device(0, text_.size()); }

 private:
  tl::unexpected<Error> wrong(std::size_t place, const std::string& what) const {
    return fail(ErrorCode::invalid_argument,
                fmt::format("device \"{}\": {}\n  {}\n  {:>{}}", text_, what, text_, "^", place + 1));
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

  Result<DeviceSpec> device(std::size_t begin, std::size_t end) const {
    if (begin == end) return wrong(begin, "a device is missing here");
    if (text_[begin] == '(' && closing(begin, end) == end - 1) return device(begin + 1, end - 1);
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
    return DeviceSpec{Kind::plain, std::string(name), {}, false, 0};
  }

  Result<DeviceSpec> list(Kind kind, std::size_t begin, std::size_t end) const {
    DeviceSpec spec{kind, "", {}, false, 0};
    for (std::size_t item = begin; item <= end;) {
      std::size_t comma = item;
      while (comma < end && text_[comma] != ',') comma = text_[comma] == '(' ? closing(comma, end) : comma + 1;
      bool excluded = item < end && text_[item] == '-';
      if (excluded && kind != Kind::automatic) return wrong(item, "only AUTO can exclude devices");
      Result<DeviceSpec> member = device(item + (excluded ? 1 : 0), comma);
      if (!member) return member;
      member->excluded = excluded;
      spec.members.push_back(std::move(*member));
      item = comma + 1;
    }
    return spec;
  }

  Result<DeviceSpec> batch(std::size_t begin, std::size_t end) const {
    DeviceSpec spec{Kind::batch, "", {}, false, 0};
    std::size_t open = end;
    if (end > begin && text_[end - 1] == ')') open = std::string_view(text_).rfind('(', end - 1);
    // "(…)" around the whole device is a group, not a size.
    if (open != end && open > begin) {
      auto [stop, error] = std::from_chars(&text_[open + 1], &text_[end - 1], spec.batch_size);
      if (error != std::errc{} || stop != &text_[end - 1]) return wrong(open + 1, "the batch size must be a number");
      if (spec.batch_size < 1) return wrong(open + 1, "the batch size must be at least 1");
      end = open;
    }
    Result<DeviceSpec> inner = device(begin, end);
    if (!inner) return inner;
    spec.members.push_back(std::move(*inner));
    return spec;
  }

  Result<DeviceSpec> process(std::size_t begin, std::size_t end) const {
    Result<DeviceSpec> inner = device(begin, end);
    if (!inner) return inner;
    return DeviceSpec{Kind::process, "", {std::move(*inner)}, false, 0};
  }

  const std::string& text_;
};

std::string as_member(const DeviceSpec& member) {
  bool group = member.kind != Kind::plain || member.name.find(',') != std::string::npos;
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
