// For programs that give models a process of their own, as `inflight-model` does for PROCESS devices:
//
//   int main(int argc, char** argv) { return inflight::serve_model_process(std::atoi(argv[1])); }
//
// PROCESS starts the program with the number of its socket. $INFLIGHT_MODEL_PROCESS names another than inflight-model,
// say one that sets limits for itself first; it must be of the same version of Inflight.
#pragma once

#include "inflight/api.hpp"

namespace INFLIGHT_API inflight {

/// Compiles one model and serves its requests to the process at the other end of `socket`, which it owns from now on.
/// Returns when the other end has closed: 0. Where `socket` is none of PROCESS: 1, at once.
int serve_model_process(int socket);

}  // namespace INFLIGHT_API inflight
