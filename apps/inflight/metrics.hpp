// --metrics: a run in numbers for Prometheus, while it goes on.
#pragma once

#include <memory>
#include <string>

#include "inflight/pipeline.hpp"

namespace inflight::app {

/// Serves http://…/metrics while it lives. Everything is collected when somebody asks; the run does nothing for it.
class Metrics {
 public:
  virtual ~Metrics() = default;
  /// "http://127.0.0.1:9090/metrics"
  virtual std::string url() const = 0;
  /// Counts what a virtual device does. Thread-safe.
  virtual void add(const DeviceEvent& event) = 0;
  /// From now on `pipeline` and `model` are told of, until the result is gone.
  virtual std::shared_ptr<void> watch(const Pipeline& pipeline, std::shared_ptr<CompiledModel> model) = 0;
};

/// `address`: PORT, for this machine alone, ADDRESS:PORT, or *:PORT for everybody; port 0 takes a free one. Errors:
/// invalid_argument: it cannot be read, or the port is in use, or this program was built without Prometheus.
Result<std::unique_ptr<Metrics>> serve_metrics(const std::string& address);

}  // namespace inflight::app
