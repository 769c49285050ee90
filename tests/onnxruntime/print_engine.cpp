// Prints what became of the ONNX Runtime engine, and that the others are there.
#include <cstdio>

#include "inflight/engine.hpp"

int main() {
  for (const inflight::EngineStatus& status : inflight::engines())
    std::printf("%s %s %s\n", status.name.c_str(), status.engine ? "usable" : "unusable", status.problem.c_str());
}
