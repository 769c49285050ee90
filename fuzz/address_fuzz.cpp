// Addresses as they may be shown: no part of a password is left, wherever it stands.
#include "address.hpp"
#include "fuzzing.hpp"

namespace {

using inflight::fuzzing::require;

constexpr std::string_view kSecret = "S3cr3tS3cr3t";

/// Of what may stand in this place of an address.
std::string part(FuzzedDataProvider& data, std::string_view letters) {
  std::string text = data.ConsumeRandomLengthString(16);
  std::erase_if(text, [&](char c) { return letters.find(c) == std::string_view::npos; });
  return text;
}

constexpr std::string_view kUser = "abAB01._~%40-!$&'()*+,;=";

std::string address(FuzzedDataProvider& data) {
  std::string scheme = "ab" + part(data, "abcdefghijklmnopqrstuvwxyz0123456789+.-");
  std::string user = part(data, kUser), before = part(data, kUser), after = part(data, kUser);
  std::string host = "h" + part(data, "abc019.-"), rest = data.ConsumeRemainingBytesAsString();
  std::erase(rest, '@');
  return scheme + "://" + user + ":" + before + std::string(kSecret) + after + "@" + host + "/" + rest;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string any(inflight::fuzzing::text_of(data, size));
  std::string shown = inflight::redacted(any);
  require(inflight::redacted(shown) == shown, "what may be shown stays as it is: " + shown);
  require(inflight::fuzzing::is_message(inflight::media::cannot_open("file", -5).message), "an error has a message");

  FuzzedDataProvider provider(data, size);
  std::string spec = address(provider);
  if (spec.find(kSecret) != spec.rfind(kSecret)) return 0;  // libFuzzer has learnt it, and put it elsewhere too
  require(inflight::redacted(spec).find(kSecret) == std::string::npos, "no password is shown: " + spec);
  for (int code : {-5, -13, -22, -110, -111})
    require(inflight::media::cannot_open(spec, code).message.find(kSecret) == std::string::npos,
            "no error tells a password: " + spec);
  return 0;
}
