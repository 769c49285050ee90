// What requests of virtual devices refuse, in the same words.
#pragma once

#include <cstddef>
#include <string>

#include "inflight/result.hpp"

namespace inflight {

inline tl::unexpected<Error> busy() { return fail(ErrorCode::busy, "the request is in flight"); }
inline tl::unexpected<Error> no_port(std::size_t port) {
  return fail(ErrorCode::invalid_argument, "the model has no port " + std::to_string(port));
}

}  // namespace inflight
