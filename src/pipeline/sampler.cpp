// A run and the machine, looked at while they go on.
#include <algorithm>
#include <optional>

#include "evenly_kept.hpp"
#include "hidden.hpp"
#include "inflight/pipeline.hpp"
#include "periodic.hpp"
#include "proc.hpp"

namespace inflight {

class INFLIGHT_HIDDEN RunSampler::Impl {
 public:
  Impl(const Pipeline& pipeline, Clock& clock) : pipeline_(pipeline) {
    tick();
    ticks_.emplace("sampler", clock, kInterval, [this] { tick(); });
  }

  RunSamples take() {
    ticks_.reset();  // beyond this point nobody samples but this thread
    sample();
    samples_.samples = kept_.take();
    return std::move(samples_);
  }

 private:
  static constexpr Duration kInterval = std::chrono::milliseconds(100);
  static constexpr std::size_t kMostSamples = 600;

  void tick() {
    if (kept_.wanted()) sample();
  }

  void sample() {
    RunSample sample;
    add_run(sample, pipeline_.status());
    add_cores(sample);
    add_threads(sample);
    kept_.add(std::move(sample));
  }

  void add_run(RunSample& sample, const RunStatus& status) {
    sample.at = status.progress.elapsed;
    sample.emitted = status.frames.emitted;
    sample.dropped = status.frames.total_dropped();
    sample.failed = status.frames.total_failed();
    samples_.stages.clear();
    for (const StageProgress& stage : status.stages) {
      samples_.stages.push_back(stage.name);
      sample.stages.push_back(stage.busy);
    }
    sample.requests = status.requests;
    sample.in_flight = status.in_flight;
    sample.frames_held = status.frames_held;
    sample.most_frames = status.most_frames;
    sample.waiting_to_infer = status.waiting_to_infer;
    sample.waiting_to_post = status.waiting_to_post;
    sample.megabytes_held = static_cast<double>(status.bytes_held) / (1 << 20);
  }

  void add_cores(RunSample& sample) {
    std::map<int, Duration> times = core_busy_times();
    if (samples_.cores.empty())
      for (const auto& [core, time] : times) samples_.cores.push_back(core);
    for (const int core : samples_.cores) sample.cores.push_back(times[core]);
  }

  void add_threads(RunSample& sample) {
    for (const auto& [name, time] : threads_.look()) {
      auto found = std::ranges::find(samples_.threads, name);
      const auto index = static_cast<std::size_t>(found - samples_.threads.begin());
      if (found == samples_.threads.end()) samples_.threads.push_back(name);
      sample.threads.resize(samples_.threads.size());
      sample.threads[index] = time;
    }
  }

  const Pipeline& pipeline_;
  RunSamples samples_;
  ThreadTimes threads_;
  report::EvenlyKept<RunSample> kept_{kMostSamples};
  std::optional<Periodic> ticks_;  // last: its thread uses all of the above
};

RunSampler::RunSampler(const Pipeline& pipeline, Clock* clock)
    : impl_(std::make_unique<Impl>(pipeline, clock ? *clock : steady_clock())) {}
RunSampler::RunSampler(RunSampler&&) noexcept = default;
RunSampler& RunSampler::operator=(RunSampler&&) noexcept = default;
RunSampler::~RunSampler() = default;

RunSamples RunSampler::take() { return impl_->take(); }

}  // namespace inflight
