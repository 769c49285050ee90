#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <sstream>

#include "commands.hpp"
#include "configuration.hpp"
#include "console.hpp"
#include "cpu_budget.hpp"
#include "outputs.hpp"
#include "room.hpp"
#include "usage.hpp"

namespace {

using namespace inflight::app;

/// A subcommand, with what it does when it is chosen.
struct Command {
  CLI::App* app;
  std::function<ExitCode(const Options&)> run;
};

/// What belongs to one command only.
struct OwnOptions {
  BenchOptions bench;
  TimelineOptions timeline;
  LadderOptions ladder;
  TuneOptions tune;
  CapacityOptions capacity;
};

std::vector<Command> add_commands(CLI::App& app, Options& options, OwnOptions& own) {
  auto* run = app.add_subcommand("run", "run a detection model over a video");
  auto* verify =
      app.add_subcommand("verify", "check that the asynchronous run equals the synchronous one, bit for bit");
  auto* compare = app.add_subcommand("compare", "sync and async side by side, with the limit they could reach");
  auto* info = app.add_subcommand("info", "what a model is, and how it will be fed and read");
  auto* devices = app.add_subcommand("devices", "the engines and devices there are");
  auto* bench = app.add_subcommand("bench", "measure a model on a device, as benchmark_app does, and more");
  auto* timeline = app.add_subcommand("timeline", "every request of a paced run, on a page to zoom into");
  auto* ladder = app.add_subcommand("ladder", "what each trick is worth, one after the other");
  auto* capacity = app.add_subcommand("capacity", "how many real-time sources fit on this machine");
  auto* tune = app.add_subcommand("tune", "find the best settings for this machine, model and video");
  add_bench_options(*bench, options, own.bench);
  add_timeline_options(*timeline, options, own.timeline);
  for (CLI::App* command : {ladder, tune}) add_model_options(*command, options);
  for (CLI::App* command : {ladder, tune}) add_source_options(*command, options);
  add_ladder_options(*ladder, own.ladder);
  ladder->add_flag("-q,--quiet", options.quiet, "print nothing but the table");
  add_run_options(*tune, options);
  add_tune_options(*tune, own.tune);
  for (CLI::App* command : {run, verify, compare}) add_model_options(*command, options);
  add_model_options(*info, options, true);
  for (CLI::App* command : {run, verify, compare}) add_source_options(*command, options);
  for (CLI::App* command : {run, verify, compare}) add_run_options(*command, options);
  add_sharing_options(*run, options);
  add_output_options(*run, options);
  add_sharing_options(*compare, options);
  add_compare_options(*compare, options);
  add_model_options(*capacity, options);
  add_source_options(*capacity, options);
  add_sharing_options(*capacity, options);
  add_run_options(*capacity, options);
  add_capacity_options(*capacity, own.capacity);
  return {{run, run_command},
          {verify, verify_command},
          {compare, compare_command},
          {info, info_command},
          {bench, [&](const Options&) { return bench_command(options, own.bench); }},
          {timeline, [&](const Options&) { return timeline_command(options, own.timeline); }},
          {ladder, [&](const Options&) { return ladder_command(options, own.ladder); }},
          {capacity, [&](const Options&) { return capacity_command(options, own.capacity); }},
          {tune, [&](const Options&) { return tune_command(options, own.tune); }},
          {devices, [](const Options&) { return devices_command(); }}};
}

ExitCode dispatch(const std::vector<Command>& commands, Options& options) {
  if (auto resolved = resolve(options); !resolved) return report(resolved.error());
  if (options.cpus > 0)
    if (auto limited = limit_processors(options.cpus); !limited) return report(limited.error());
  for (const Command& command : commands)
    if (command.app->parsed()) return command.run(options);
  return ExitCode::bad_usage;
}

constexpr const char* kExamples =
    "Examples:\n"
    "  inflight run -m model.xml -i people.mp4 -o annotated.mp4 --json detections.jsonl\n"
    "  inflight run -m model.xml -i photos/ -o annotated/ --json - | jq .detections\n"
    "  inflight compare -m model.xml -i people.mp4\n"
    "inflight COMMAND --help tells what a command takes.";

/// --help and --version.
std::string text_of(const CLI::App& app, const CLI::Success& asked) {
  std::ostringstream text;
  (void)app.exit(asked, text, text);
  return text.str();
}

ExitCode run_program(int argc, char** argv) {
  CLI::App app("Inflight: neural networks over video, asynchronously, in order, as fast as the hardware allows.",
               "inflight");
  app.require_subcommand(1);
  app.set_version_flag("--version", "inflight " INFLIGHT_VERSION);
  app.footer(kExamples);
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);  // as people's scripts expect
  Options options;
  OwnOptions own;
  std::vector<Command> commands = add_commands(app, options, own);
  inflight::Result<CommandLine> line = with_config_files(with_familiar_flags(argc, argv));
  if (!line) return report(line.error());
  options.words = line->words;
  options.config_files = std::move(line->config_files);
  std::ranges::reverse(line->words);  // CLI11 takes the last one first
  try {
    app.parse(std::move(line->words));
  } catch (const CLI::Success& help) {
    put_text(text_of(app, help));
    return ExitCode::done;
  } catch (const CLI::ParseError& error) {
    tell("inflight: {}\n", explain(app, error, argc > 1 ? argv[1] : ""));
    return ExitCode::bad_usage;
  }
  return dispatch(commands, options);
}

ExitCode run_guarded(int argc, char** argv) {
  try {
    return run_program(argc, argv);
  } catch (...) {
    return report_exception();
  }
}

}  // namespace

int main(int argc, char** argv) {
  prepare_console();
  return with_room([&] {
    ExitCode end = run_guarded(argc, argv);
    remove_unused_outputs();
    return static_cast<int>(checked(end));
  });
}
