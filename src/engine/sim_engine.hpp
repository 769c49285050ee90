// An engine that computes nothing but behaves: with a latency law, parallel lanes, a load time and scripted
// failures, on any Clock. Everything above engines is tested on it, and scenarios can be tried on it without
// the hardware they are about.
#pragma once

#include <memory>

#include "inflight/engine.hpp"

namespace inflight {

/// "sim": any device description (see sim_description.hpp), any model path, which is not read. Outputs are SSD
/// rows [1,1,N,7] that depend on every byte of the input and on nothing else, so that a result delivered to
/// the wrong frame shows.
std::shared_ptr<Engine> make_sim_engine();

}  // namespace inflight
