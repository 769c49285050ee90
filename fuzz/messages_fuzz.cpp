// What the process of a model says: bytes that are understood mean something that can be said again.
#include "fuzzing.hpp"
#include "src/runtime/process/messages.hpp"

namespace {

using inflight::fuzzing::require;

template <class Decode>
void try_decode(std::span<const std::byte> bytes, Decode decode) {
  auto value = decode(bytes);
  if (!value) {
    require(value.error().code == inflight::ErrorCode::internal, "the process is to blame");
    return;
  }
  inflight::Encoded encoded = encode(*value);
  auto again = decode(encoded);
  require(again.has_value(), "what was encoded can be decoded");
  require(encode(*again) == encoded, "it is the same");
}

void use(const std::vector<inflight::Port>& ports) {
  for (const inflight::Port& port : ports) require(to_string(port.type) != nullptr, "there is such a type");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto bytes = std::as_bytes(std::span(data, size));
  try_decode(bytes, inflight::decode_order);
  try_decode(bytes, inflight::decode_state);
  try_decode(bytes, inflight::decode_event);
  if (auto state = inflight::decode_state(bytes)) {
    use(state->info.inputs);
    use(state->info.outputs);
  }
  return 0;
}
