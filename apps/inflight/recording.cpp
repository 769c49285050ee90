#include "recording.hpp"

#include "environment.hpp"
#include "outputs.hpp"

namespace inflight::app {

Recording::Recording(const Options& options) : options_(options) {
  if (!options.trace.empty() || !options.timeline.empty()) recorder_.emplace();
}

void Recording::begin(const Pipeline& pipeline) {
  if (!options_.report.empty()) sampler_.emplace(pipeline, options_.pipeline.clock);
}

void Recording::end(const Pipeline& pipeline) {
  report_.end_to_end = pipeline.status().end_to_end;
  if (sampler_) report_.samples = sampler_->take();
  sampler_.reset();
}

Result<void> Recording::write(const RunSummary& summary) {
  report_.summary = summary;
  if (!options_.report.empty() || !options_.timeline.empty()) report_.environment = describe_environment(options_);
  if (!options_.report.empty())
    if (Result<void> ok = write_text(options_.report, to_html(to_page(report_))); !ok) return ok;
  if (!recorder_) return {};
  Timeline timeline = recorder_->take();
  if (!options_.trace.empty())
    if (Result<void> ok = write_chrome_trace(timeline, options_.trace); !ok) return ok;
  if (options_.timeline.empty()) return {};
  return write_text(options_.timeline, to_html(to_page(report_, std::move(timeline))));
}

}  // namespace inflight::app
