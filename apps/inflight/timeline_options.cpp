#include "timeline_options.hpp"

#include <sstream>

#include "choices.hpp"

namespace inflight::app {
namespace {

/// "30ms,300ms"
std::vector<Duration> parse_intervals(const std::string& text) {
  std::vector<Duration> intervals;
  std::istringstream parts(text);
  for (std::string part; std::getline(parts, part, ',');) {
    std::optional<Duration> interval = parse_duration(part, std::chrono::milliseconds(1));
    if (!interval || *interval <= Duration{0})
      throw CLI::ValidationError("--interval", part + " is no time above 0; write 30ms or 30ms,300ms");
    intervals.push_back(*interval);
  }
  return intervals;
}

}  // namespace

void add_timeline_options(CLI::App& command, Options& options, TimelineOptions& paced) {
  add_engine_options(command, options);
  command.get_option("--model")->required(false)->description("the model; not needed by simulated devices");
  command.option_defaults()->group("Load");
  auto set = [&paced](const std::string& text) { paced.intervals = parse_intervals(text); };
  command.add_option_function<std::string>("--interval", set)
      ->option_text("TIME[,TIME…]")
      ->description("time between two requests (30ms,300ms); each is a run of its own");
  add_duration(
      command, "-t,--time", [&paced](Duration time) { paced.duration = time; }, std::chrono::seconds(1))
      ->description("of each run (15 s)");
  command.add_flag("--simulate", paced.simulate,
                   "in simulated time; without -d on a GPU that takes 10 s to get ready, and a processor");
  command.option_defaults()->group("Output");
  add_text(command, "-o,--output,--report", paced.output, "FILE.html")->description("the timelines (timeline.html)");
  add_text(command, "--trace", paced.trace, "FILE.json")
      ->description("the same for ui.perfetto.dev, of one --interval");
  command.add_flag("-q,--quiet", options.quiet, "print nothing but errors");
  command.add_flag("-v,--verbose", options.verbose, "tell what the devices do, as they do it");
}

}  // namespace inflight::app
