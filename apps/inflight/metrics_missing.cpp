// Built where prometheus-cpp is not found.
#include "metrics.hpp"

namespace inflight::app {

Result<std::unique_ptr<Metrics>> serve_metrics(const std::string& address) {
  return fail(
      ErrorCode::invalid_argument,
      "--metrics " + address + ": this program was built without it; install prometheus-cpp-dev and build again");
}

}  // namespace inflight::app
