// What --report, --timeline and --trace tell of a run.
#pragma once

#include <optional>

#include "options.hpp"

namespace inflight::app {

/// Collects during one run, writes afterwards. Does nothing that no option asks for.
class Recording {
 public:
  explicit Recording(const Options& options);

  /// For PipelineOptions; nullptr where nobody wants a timeline.
  TimelineRecorder* recorder() noexcept { return recorder_ ? &*recorder_ : nullptr; }
  /// Before the run of `pipeline`, and after it.
  void begin(const Pipeline& pipeline);
  void end(const Pipeline& pipeline);

  /// Errors: unwritable_output, output_failed.
  Result<void> write(const RunSummary& summary);

 private:
  const Options& options_;
  std::optional<TimelineRecorder> recorder_;
  std::optional<RunSampler> sampler_;
  RunReport report_;
};

}  // namespace inflight::app
