#include "tune_options.hpp"

#include "choices.hpp"

namespace inflight::app {

void add_tune_options(CLI::App& command, TuneOptions& tune) {
  command.option_defaults()->group("Goal");
  add_duration(
      command, "--max-p99", [&tune](Duration bound) { tune.max_p99 = bound; }, std::chrono::milliseconds(1))
      ->description("the fastest whose end-to-end p99 stays below: 50ms");
  command.add_option("--min-fps", tune.min_fps)
      ->check(between(0, 1e6))
      ->option_text("FPS")
      ->description("the least latency that still does so many frames per second of each source");
  add_number(command, "--sources", tune.sources)->description("so many of the input side by side (1)");
  command.option_defaults()->group("Search");
  add_number(command, "--frames", tune.frames, 100)->description("of a full measurement (900)");
  command.add_flag("--exhaustive", tune.exhaustive, "measure every setting in full: takes about seven times as long");
  command.option_defaults()->group("Output");
  add_text(command, "-o,--output", tune.config, "FILE")
      ->description("the best settings, for run --config FILE (tuned.conf)");
  add_text(command, "--report", tune.report, "FILE.html")
      ->description("all settings in a chart: speed against latency");
  add_text(command, "--summary", tune.summary, "FILE")->description("all measurements, as JSON; - for standard output");
}

}  // namespace inflight::app
