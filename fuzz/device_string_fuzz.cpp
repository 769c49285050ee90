// Device strings: what is parsed and printed must parse to the same again.
#include "device_string.hpp"
#include "fuzzing.hpp"

namespace {

using inflight::DeviceSpec;
using inflight::fuzzing::require;

bool equal(const DeviceSpec& a, const DeviceSpec& b) {
  if (a.kind != b.kind || a.name != b.name || a.excluded != b.excluded || a.batch_size != b.batch_size) return false;
  return std::equal(a.members.begin(), a.members.end(), b.members.begin(), b.members.end(), equal);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto spec = inflight::parse_device(std::string(inflight::fuzzing::text_of(data, size)));
  if (!spec) return 0;
  std::string printed = to_string(*spec);
  auto again = inflight::parse_device(printed);
  require(again.has_value(), "what was printed can be parsed: " + printed);
  require(equal(*spec, *again), "it is the same device: " + printed);
  require(to_string(*again) == printed, "it is printed alike: " + printed);
  return 0;
}
