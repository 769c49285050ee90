#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <numeric>
#include <optional>
#include <sstream>
#include <string_view>
#include <system_error>

#include "inflight/detail/joined.hpp"
#include "inflight/media.hpp"
#include "unreadable.hpp"

namespace inflight {
namespace {

using Words = std::vector<std::string>;

/// Is all of `text` a whole number, not less than `least`?
bool is_number(std::string_view text, int least) {
  int value = 0;
  auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  return code == std::errc() && end == text.data() + text.size() && value >= least;
}

bool is_any_number(std::string_view text) { return is_number(text, INT32_MIN); }
bool is_count(std::string_view text) { return is_number(text, 0); }
bool is_from_one(std::string_view text) { return is_number(text, 1); }
bool is_flag(std::string_view text) { return text == "true" || text == "false"; }
bool is_overflow(std::string_view text) { return text == "wait" || text == "drop_oldest" || text == "drop_latest"; }
bool is_name(std::string_view text) { return !text.empty(); }

bool is_age(std::string_view text) {
  std::string_view number = text.substr(0, text.find_first_not_of("0123456789"));
  std::string_view unit = text.substr(number.size());
  return is_number(number, 1) && (unit == "ms" || unit == "s");
}

struct Option {
  std::string_view name;
  bool (*fits)(std::string_view value);
  std::string_view form;  ///< what to write
};

constexpr std::array<Option, 7> kOptions{{{"name", is_name, "a name"},
                                          {"priority", is_any_number, "a whole number"},
                                          {"overflow", is_overflow, "wait, drop_oldest or drop_latest"},
                                          {"max-age", is_age, "a time such as 200ms or 2s"},
                                          {"realtime", is_flag, "true or false"},
                                          {"loop", is_count, "how often to play it, 0 for ever"},
                                          {"every", is_from_one, "a whole number from 1"}}};

/// How many letters must be put in, taken out or changed to turn `a` into `b`.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      std::size_t change = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = std::exchange(row[j + 1], std::min({row[j] + 1, row[j + 1] + 1, change}));
    }
  }
  return row.back();
}

std::string no_such_option(std::string_view word) {
  auto farther = [&](const Option& a, const Option& b) { return distance(word, a.name) < distance(word, b.name); };
  const Option& nearest = *std::ranges::min_element(kOptions, farther);
  // More changes than that, and it is another word.
  bool near = distance(word, nearest.name) <= word.size() / 3 + 1;
  return fmt::format("there is no option {}; {}the options are {}", word,
                     near ? fmt::format("did you mean {}? ", nearest.name) : "",
                     detail::joined(kOptions, ", ", [](const Option& option) { return option.name; }));
}

tl::unexpected<Error> bad(std::string message) { return fail(ErrorCode::invalid_argument, std::move(message)); }

/// The words of a line up to a remark, without their quotes. Errors: a quote that is not closed.
Result<Words> split(std::string_view line) {
  constexpr std::string_view kSpace = " \t\r";
  Words words;
  bool quoted = false, within = false;
  for (char c : line) {
    if (!quoted && kSpace.find(c) != std::string_view::npos) {
      within = false;
      continue;
    }
    if (!within && c == '#') break;  // within a word it belongs to an address
    if (!within) words.emplace_back();
    within = true;
    if (c == '"') {
      quoted = !quoted;
    } else {
      words.back() += c;
    }
  }
  if (quoted) return bad("a double quote is not closed; write one at the end of what it begins");
  return words;
}

/// Adds the option that `word` holds.
Result<void> take_option(const std::string& word, ListedSource& source) {
  std::size_t equals = word.find('=');
  if (equals == std::string::npos) {
    return bad(fmt::format("\"{}\" is no option; write name=value, and a source with spaces in double quotes",
                           redacted(word)));
  }
  std::string name = word.substr(0, equals), value = word.substr(equals + 1);
  auto option = std::ranges::find(kOptions, name, &Option::name);
  if (option == kOptions.end()) return bad(no_such_option(redacted(name)));
  if (!option->fits(value))
    return bad(fmt::format("{}=\"{}\" cannot be; give {}", name, redacted(value), option->form));
  if (!source.options.emplace(name, value).second) return bad(fmt::format("{} is given twice; leave one out", name));
  return {};
}

/// The source of a line; none on one that is empty.
Result<std::optional<ListedSource>> parse(std::string_view line) {
  auto words = split(line);
  if (!words) return fail(std::move(words.error()));
  if (words->empty()) return std::nullopt;
  ListedSource source{words->front(), {}, 0};
  if (source.spec.empty()) return bad("the source is empty; write a file, a folder or a URL");
  for (std::size_t i = 1; i < words->size(); ++i) {
    if (auto taken = take_option((*words)[i], source); !taken) return fail(std::move(taken.error()));
  }
  return source;
}

/// Errors: a name that an earlier line has as well.
Result<void> check_name(const ListedSource& source, const std::vector<ListedSource>& earlier) {
  auto name = source.options.find("name");
  if (name == source.options.end()) return {};
  for (const ListedSource& other : earlier) {
    auto taken = other.options.find("name");
    if (taken == other.options.end() || taken->second != name->second) continue;
    return bad(
        fmt::format("the name {} is taken by line {}; give each source its own", redacted(name->second), other.line));
  }
  return {};
}

Result<void> take_line(std::string_view text, int line, std::vector<ListedSource>& sources) {
  auto source = parse(text);
  if (!source) return fail(std::move(source.error()));
  if (!*source) return {};
  (*source)->line = line;
  if (auto ok = check_name(**source, sources); !ok) return ok;
  sources.push_back(std::move(**source));
  return {};
}

void append_utf8(char32_t c, std::string& text) {
  auto byte = [&](char32_t value) { text += static_cast<char>(value); };
  if (c < 0x80) return byte(c);
  if (c < 0x800) {
    byte(0xc0 | c >> 6);
  } else if (c < 0x10000) {
    byte(0xe0 | c >> 12);
    byte(0x80 | (c >> 6 & 0x3f));
  } else {
    byte(0xf0 | c >> 18);
    byte(0x80 | (c >> 12 & 0x3f));
    byte(0x80 | (c >> 6 & 0x3f));
  }
  byte(0x80 | (c & 0x3f));
}

/// UTF-16 as UTF-8: what some editors write by the name of Unicode. What is no character becomes U+FFFD.
std::string from_utf16(std::string_view bytes, bool big_endian) {
  auto unit = [&](std::size_t at) -> char32_t {
    auto first = static_cast<unsigned char>(bytes[at]), second = static_cast<unsigned char>(bytes[at + 1]);
    return big_endian ? first << 8 | second : second << 8 | first;
  };
  auto is_high = [](char32_t c) { return c >= 0xd800 && c < 0xdc00; };
  auto is_low = [](char32_t c) { return c >= 0xdc00 && c < 0xe000; };
  std::string text;
  for (std::size_t at = 0; at + 1 < bytes.size(); at += 2) {
    char32_t c = unit(at);
    if (is_high(c) && at + 3 < bytes.size() && is_low(unit(at + 2))) {
      c = 0x10000 + ((c - 0xd800) << 10) + (unit(at + 2) - 0xdc00);
      at += 2;
    }
    append_utf8(is_high(c) || is_low(c) ? U'\xfffd' : c, text);
  }
  return text;
}

/// The text of a list, without the mark that some editors begin files with. Nothing where it is no text.
std::optional<std::string> text_of(std::string bytes) {
  if (bytes.starts_with("\xff\xfe")) return from_utf16(std::string_view(bytes).substr(2), false);
  if (bytes.starts_with("\xfe\xff")) return from_utf16(std::string_view(bytes).substr(2), true);
  if (bytes.starts_with("\xef\xbb\xbf")) bytes.erase(0, 3);
  auto is_text = [](unsigned char c) { return c >= ' ' || c == '\t' || c == '\r' || c == '\n'; };
  if (!std::ranges::all_of(bytes, is_text)) return std::nullopt;
  return bytes;
}

/// All of a list. Errors, in words: what cannot be read, or is none.
tl::expected<std::string, std::string> load(const std::filesystem::path& path) {
  constexpr std::size_t kLargest = std::size_t{16} << 20;
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return tl::unexpected(std::string("it is a folder; name a file"));
  std::ifstream in(path, std::ios::binary);
  if (!in) return tl::unexpected(media::why_unreadable(path, errno));
  std::string bytes(kLargest + 1, '\0');
  in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(in.gcount()));
  std::optional<std::string> text;
  if (bytes.size() <= kLargest) text = text_of(std::move(bytes));
  if (!text) return tl::unexpected(std::string("not a list of sources; if it is a video, give it another extension"));
  return *text;
}

}  // namespace

Result<SourceList> read_source_list(const std::filesystem::path& path, bool leave_out_bad_lines) {
  std::string file = redacted(path.string());
  auto unreadable = [&](const std::string& why) {
    return fail(ErrorCode::unreadable_input, fmt::format("{}: {}", file, why));
  };
  auto content = load(path);
  if (!content) return unreadable(content.error());
  std::istringstream in(*content);
  SourceList list;
  std::string text;
  for (int line = 1; std::getline(in, text); ++line) {
    auto taken = take_line(text, line, list.sources);
    if (taken) continue;
    taken.error().message = fmt::format("{}:{}: {}", file, line, taken.error().message);
    if (!leave_out_bad_lines) return fail(std::move(taken.error()));
    list.bad_lines.push_back(std::move(taken.error()));
  }
  if (list.sources.empty()) return unreadable("names no source; write one per line");
  return list;
}

}  // namespace inflight
