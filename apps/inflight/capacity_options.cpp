#include "capacity_options.hpp"

#include "choices.hpp"

namespace inflight::app {

void add_capacity_options(CLI::App& command, CapacityOptions& capacity) {
  command.option_defaults()->group("Goal");
  add_duration(
      command, "--p95-age", [&capacity](Duration bound) { capacity.max_age = bound; }, std::chrono::milliseconds(1))
      ->option_text("TIME")
      ->description("95 % of the frames of every source are younger when the last sink has had them (100ms)");
  command.add_option("--max-drop", capacity.max_drop)
      ->check(between(0, 1))
      ->option_text("0..1")
      ->description("share of frames that may be dropped (0.01)");
  command.option_defaults()->group("Search");
  command.add_option("--seconds", capacity.seconds)
      ->check(between(1, 3600))
      ->option_text("S")
      ->description("of each trial (10)");
  add_number(command, "--most", capacity.most_sources)->description("try no more than N sources (512)");
  command.option_defaults()->group("Output");
  add_text(command, "--report", capacity.report, "FILE.html")->description("age over the number of sources, as a page");
  add_text(command, "--summary", capacity.summary, "FILE")->description("all trials, as JSON; - for standard output");
}

}  // namespace inflight::app
