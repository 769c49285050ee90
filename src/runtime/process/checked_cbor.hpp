// Whether bytes from another process may be given to a parser that trusts them.
#pragma once

#include <cstddef>
#include <span>

namespace inflight {

/// One value in CBOR (RFC 8949) as encode() writes it, and nothing after it: not nested deeper than a few levels, not
/// of more items than a model has reason to tell, all lengths given beforehand, no tags. Takes no memory.
bool is_plain_cbor(std::span<const std::byte> bytes) noexcept;

}  // namespace inflight
