#include "address.hpp"

#include <fmt/format.h>
#include <netdb.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include "av_support.hpp"
#include "unreadable.hpp"

namespace inflight::media {
namespace {

std::string scheme_of(const std::string& spec) {
  std::size_t colon = spec.find("://");
  return colon == std::string::npos ? "" : spec.substr(0, colon);
}

std::string unauthorized(const std::string& spec) {
  std::string form = scheme_of(spec) + "://USER:PASSWORD@HOST/…";
  if (redacted(spec).find("***@") == std::string::npos)
    return "it wants a user name and a password; write them into the address: " + form;
  return fmt::format("it refuses this user name or password; check them ({}, with %40 for an @, %3A for a colon)",
                     form);
}

std::string host_of(const std::string& spec) {
  std::array<char, 256> host{};
  av_url_split(nullptr, 0, nullptr, 0, host.data(), host.size(), nullptr, nullptr, 0, spec.c_str());
  return host.data();
}

bool is_known_host(const std::string& host) {
  addrinfo* found = nullptr;
  bool known = ::getaddrinfo(host.c_str(), nullptr, nullptr, &found) == 0;
  if (known) ::freeaddrinfo(found);
  return known;
}

/// FFmpeg says no more where a host is not known, where a web server redirects too often, or where encryption fails.
std::string out_of_reach(const std::string& spec) {
  if (!spec.starts_with("http") || !is_known_host(host_of(spec)))
    return "it cannot be reached; check how the host is spelt, and the network";
  std::string why = "it sends from one address to the next without end";
  if (spec.starts_with("https")) why += ", or its encryption failed";
  return why + "; open the address in a browser, and give the one that it ends at";
}

std::string explain(const std::string& spec, int code) {
  switch (code) {
    case kTooManyRedirects:
      return "it sends from one address to the next without end; check the address, and the server's settings";
    case kPartTooLarge:
      return fmt::format("a part of what it sends claims more than {} MiB, which is no picture; check the address",
                         kLargestPart >> 20);
    case AVERROR(EMFILE):
    case AVERROR(ENFILE):
      return why_unreadable(spec, AVUNERROR(code));
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
    case AVERROR(EIO):
      return out_of_reach(spec);
    case AVERROR(EBUSY):
      return "another program uses it; end that one, or name another camera";
    case AVERROR(EACCES):
    case AVERROR(EPERM):
      return "no permission to use it; ask for that (a camera: the group video)";
    case AVERROR_INVALIDDATA:
      return "what it sends is no video that FFmpeg knows; check the address and that it is a camera";
    case AVERROR_PROTOCOL_NOT_FOUND:
      return fmt::format("FFmpeg knows no addresses with {}://; use rtsp, http or udp", scheme_of(spec));
    case AVERROR_EXIT:  // what FFmpeg makes of a deadline that passed
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

bool is_broken_url(const std::string& spec) {
  constexpr std::size_t kShortestScheme = 2;
  std::size_t colon = spec.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");
  bool begins = colon != std::string::npos && colon >= kShortestScheme && spec.compare(colon, 2, ":/") == 0;
  return !is_url(spec) && (begins || redacted(spec) != spec);
}

bool is_camera(const std::string& spec) { return spec.starts_with("/dev/video"); }

bool is_standard_input(const std::string& spec) { return spec == "-" || spec == "pipe:" || spec == "pipe:0"; }

std::string name_of(const std::string& spec) { return is_standard_input(spec) ? "standard input" : redacted(spec); }

bool is_endless(const std::string& spec) {
  constexpr std::array<std::string_view, 9> kStreams{"rtsp", "rtsps", "rtp",  "srtp", "udp",
                                                     "tcp",  "srt",   "rtmp", "tls"};
  return is_camera(spec) || (is_url(spec) && std::ranges::find(kStreams, scheme_of(spec)) != kStreams.end());
}

Error cannot_open(const std::string& spec, int code) {
  return {ErrorCode::unreadable_input, fmt::format("{}: cannot be opened: {}", redacted(spec), explain(spec, code))};
}

}  // namespace inflight::media
