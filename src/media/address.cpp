#include "address.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include "av_support.hpp"

namespace inflight {
namespace {

constexpr std::string_view kHidden = "***";
constexpr auto kNone = std::string_view::npos;

bool is_port(std::string_view text) {
  return std::ranges::all_of(text, [](unsigned char c) { return std::isdigit(c) != 0; });
}

/// Where the user and the password in `rest`, which follows "://", end. Nothing where there are none.
std::size_t end_of_user(std::string_view rest) {
  std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  if (std::size_t at = authority.rfind('@'); at != kNone) return at;
  // A password that holds a slash is a wrong address, but a password: "user:pass/word@host".
  std::size_t colon = authority.find(':');
  bool has_port = colon != kNone && is_port(authority.substr(colon + 1));
  return colon == kNone || authority.starts_with('[') || has_port ? kNone : rest.rfind('@');
}

/// "?user=admin&password=1234", as some cameras have it.
std::string without_parameters(std::string text) {
  constexpr std::array<std::string_view, 4> kNames{"password=", "passwd=", "pass=", "pwd="};
  std::string lower = text;
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (std::string_view name : kNames) {
    for (std::size_t at = lower.find(name); at != kNone; at = lower.find(name, at + name.size())) {
      std::size_t begin = at + name.size();
      std::size_t length = std::min(lower.find_first_of("&/?#", begin), lower.size()) - begin;
      text.replace(begin, length, kHidden);
      lower.replace(begin, length, kHidden);
    }
  }
  return text;
}

}  // namespace

std::string redacted(const std::string& spec) {
  std::size_t scheme = spec.find("://");
  if (scheme == kNone) return spec;
  std::string start = spec.substr(0, scheme + 3), rest = spec.substr(scheme + 3);
  if (std::size_t end = end_of_user(rest); end != kNone) {
    if (std::size_t colon = rest.find(':'); colon < end) rest.replace(colon + 1, end - colon - 1, kHidden);
  }
  return start + without_parameters(std::move(rest));
}

namespace media {
namespace {

std::string scheme_of(const std::string& spec) {
  std::size_t colon = spec.find("://");
  return colon == std::string::npos ? "" : spec.substr(0, colon);
}

std::string unauthorized(const std::string& spec) {
  std::string form = scheme_of(spec) + "://USER:PASSWORD@HOST/…";
  if (redacted(spec) == spec) return "it wants a user name and a password; write them into the address: " + form;
  return fmt::format("it refuses this user name or password; check them ({}, with %40 for an @, %3A for a colon)",
                     form);
}

std::string explain(const std::string& spec, int code) {
  switch (code) {
    case AVERROR_HTTP_UNAUTHORIZED:
      return unauthorized(spec);
    case AVERROR_HTTP_FORBIDDEN:
      return "it does not let this user in (403); use one who may see it, or change that on the camera";
    case AVERROR_HTTP_NOT_FOUND:
      return "there is nothing under this path (404); check what follows the host in the address";
    case AVERROR(ECONNREFUSED):
      return "nobody listens there (connection refused); check the host and the port, and that it is running";
    case AVERROR(EHOSTUNREACH):
    case AVERROR(ENETUNREACH):
      return "no way leads to that host; check the address and the network";
    case AVERROR(EIO):  // also where the host's name is unknown
      return "it cannot be reached; check how the host is spelt, and the network";
    case AVERROR(EBUSY):
      return "another program uses it; end that one, or name another camera";
    case AVERROR(EACCES):
    case AVERROR(EPERM):
      return "no permission to use it; ask for that (a camera: the group video)";
    case AVERROR_INVALIDDATA:
      return "what it sends is no video that FFmpeg knows; check the address and that it is a camera";
    case AVERROR_PROTOCOL_NOT_FOUND:
      return fmt::format("FFmpeg knows no addresses with {}://; use rtsp, http or udp", scheme_of(spec));
    case AVERROR(ETIMEDOUT):
      return "it does not answer; check the address and that it is running";
    default:
      return fmt::format("{}; check the address and that it is running", av_error_text(code));
  }
}

}  // namespace

bool is_url(const std::string& spec) {
  std::size_t colon = spec.find("://");
  return colon != std::string::npos && colon > 0 && spec.find_first_of("/\\*? ") > colon;
}

bool is_camera(const std::string& spec) { return spec.starts_with("/dev/video"); }

bool is_endless(const std::string& spec) {
  constexpr std::array<std::string_view, 9> kStreams{"rtsp", "rtsps", "rtp",  "srtp", "udp",
                                                     "tcp",  "srt",   "rtmp", "tls"};
  return is_camera(spec) || (is_url(spec) && std::ranges::find(kStreams, scheme_of(spec)) != kStreams.end());
}

Error cannot_open(const std::string& spec, int code) {
  return {ErrorCode::unreadable_input, fmt::format("{}: cannot be opened: {}", redacted(spec), explain(spec, code))};
}

}  // namespace media
}  // namespace inflight
