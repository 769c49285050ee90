#include "redacted.hpp"

#include <algorithm>
#include <cctype>

namespace inflight {
namespace {

constexpr std::string_view kHidden = "***";
constexpr auto kNone = std::string_view::npos;

bool is_of_scheme(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '+' || c == '-' || c == '.';
}

/// An address within a text: "SCHEME:/…", with as many slashes as somebody typed.
struct Place {
  std::size_t scheme = kNone;  ///< where its scheme begins
  std::size_t rest = kNone;    ///< behind the slashes
};

Place next_address(std::string_view text, std::size_t from) {
  for (std::size_t colon = text.find(":/", from); colon != kNone; colon = text.find(":/", colon + 1)) {
    std::size_t begin = colon;
    while (begin > from && is_of_scheme(text[begin - 1])) --begin;
    if (colon - begin < 2) continue;  // of one letter: a drive
    return {begin, std::min(text.find_first_not_of('/', colon + 1), text.size())};
  }
  return {};
}

bool is_number(std::string_view text) { return text.find_first_not_of("0123456789") == kNone; }

/// What messages say an address should look like.
constexpr std::string_view kForm = "USER:PASSWORD@HOST";

/// Where whoever is named before the host ends: at an "@". Passwords and tokens are given with slashes and question
/// marks in them, too, although they should not be.
std::size_t end_of_user(std::string_view rest) {
  if (rest.starts_with(kForm)) return kNone;
  std::string_view before_query = rest.substr(0, rest.find_first_of("?#"));
  if (std::size_t at = before_query.rfind('@'); at != kNone) return at;
  std::size_t slash = before_query.find('/');
  std::string_view authority = before_query.substr(0, slash);
  std::size_t colon = authority.starts_with('[') ? kNone : authority.find(':');
  bool password = colon != kNone && !is_number(authority.substr(colon + 1));
  return password || slash == kNone ? rest.rfind('@') : kNone;
}

/// "?user=***&channel=***", and in a path, where some cameras have theirs: "/user=***&channel=***". What has no name in
/// a query is a value, too: "?***".
std::string without_values(std::string_view text) {
  std::string shown;
  for (bool in_query = false;;) {
    std::size_t end = std::min(text.find_first_of(in_query ? "&;#" : "&;#?/"), text.size());
    std::string_view part = text.substr(0, end);
    std::size_t equals = part.find('=');
    if (equals != kNone)
      shown.append(part.substr(0, equals + 1)).append(kHidden);
    else
      shown.append(in_query && !part.empty() ? kHidden : part);
    if (end == text.size()) return shown;
    in_query = in_query || text[end] == '?' || text[end] == '#';
    shown += text[end];
    text.remove_prefix(end + 1);
  }
}

/// What follows the slashes of an address.
std::string shown_rest(std::string_view rest, bool of_file) {
  std::string shown;
  if (std::size_t end = of_file ? kNone : end_of_user(rest); end != kNone) {
    shown += end == 0 ? "" : kHidden;
    rest.remove_prefix(end);
  }
  return shown + (of_file ? std::string(rest) : without_values(rest));
}

bool is_file(std::string_view scheme) { return scheme == "file:/" || scheme == "file://" || scheme == "file:///"; }

std::string shown_address(std::string_view text, Place place) {
  std::string_view scheme = text.substr(place.scheme, place.rest - place.scheme);
  return std::string(scheme) + shown_rest(text.substr(place.rest), is_file(scheme));
}

/// "user:password@host/path", whose scheme was left out.
std::size_t end_of_user_without_scheme(std::string_view text) {
  std::string_view first = text.substr(0, text.find_first_of("/ "));
  std::size_t colon = first.find(':'), at = first.rfind('@');
  return colon != kNone && at != kNone && colon < at ? at : kNone;
}

}  // namespace

std::string redacted(const std::string& spec) {
  Place place = next_address(spec, 0);
  if (place.rest != kNone) return spec.substr(0, place.scheme) + shown_address(spec, place);
  std::size_t end = end_of_user_without_scheme(spec);
  return end == kNone ? spec : std::string(kHidden) + spec.substr(end);
}

std::string redacted_text(const std::string& text) {
  std::string shown;
  std::size_t from = 0;
  for (Place place = next_address(text, from); place.rest != kNone; place = next_address(text, from)) {
    std::size_t end = std::min(text.find_first_of(" \t\r\n\"'`<>(){}", place.rest), text.size());
    shown += text.substr(from, place.scheme - from);
    shown += shown_address(std::string_view(text).substr(0, end), place);
    from = end;
  }
  return shown + text.substr(from);
}

}  // namespace inflight
