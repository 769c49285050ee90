// inflight compare --modes: the ways in which several models can share a machine, side by side.
#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "configuration.hpp"
#include "console.hpp"
#include "inputs.hpp"
#include "long_command.hpp"
#include "modes_report.hpp"
#include "outputs.hpp"
#include "scratch.hpp"
#include "signals.hpp"

namespace inflight::app {
namespace {

namespace fs = std::filesystem;

/// The words of this command line that a run takes too.
std::vector<std::string> words_of_run(const std::vector<std::string>& words) {
  static const std::vector<std::string> kWithValue{"--rounds", "--report", "--summary", "--mode", "--config"};
  std::vector<std::string> kept;
  for (std::size_t i = 1; i < words.size(); ++i) {
    std::string flag = words[i].substr(0, words[i].find('='));
    bool valued = std::ranges::find(kWithValue, flag) != kWithValue.end();
    if (valued && words[i] == flag) ++i;
    if (!valued && words[i] != "--modes" && words[i] != "--engine-defaults" && words[i] != "-q" &&
        words[i] != "--quiet")
      kept.push_back(words[i]);
  }
  return kept;
}

/// Runs `inflight run …` in a process of its own: memory is then that of the mode alone, and threads that one mode
/// leaves spinning do not slow the next one down.
class ModeRunner {
 public:
  ModeRunner(const Options& options, Scratch scratch, std::stop_token stop)
      : options_(options), stop_(std::move(stop)), words_(words_of_run(options.words)), scratch_(std::move(scratch)) {}
  ModeRunner(const ModeRunner&) = delete;
  ModeRunner& operator=(const ModeRunner&) = delete;

  Result<ModeRound> run(const ModeRow& row) {
    std::vector<std::string> words = words_;
    for (const std::string& word : {std::string("-q"), "--summary=" + summary().string(), "--mode=" + row.mode})
      words.push_back(word);
    // What the user named is measured with, and not kept: the last one counts.
    if (!options_.json.empty()) words.push_back("--json=" + (folder() / "lines.jsonl").string());
    if (!options_.output.empty()) words.push_back("--output=" + scratch_.in_place_of(options_.output).string());
    if (row.engine_defaults) words.emplace_back("--engine-defaults");
    Result<std::vector<std::string>> started = words_in_file(words, folder() / "words");
    if (!started) return fail(std::move(started.error()));
    int status = spawn(*started);
    if (status != 0) return fail(code_of(status), fmt::format("the run in mode {} failed; see above", row.name()));
    return read();
  }

  /// For whoever ends this process early.
  static void end_child() {
    if (pid_t child = child_.exchange(0); child > 0) kill(child, SIGTERM);
  }

 private:
  const fs::path& folder() const { return scratch_.path(); }
  fs::path summary() const { return folder() / "summary.json"; }

  /// As the run itself would have said.
  static ErrorCode code_of(int status) {
    switch (WIFEXITED(status) ? WEXITSTATUS(status) : 1) {
      case 2:
        return ErrorCode::invalid_argument;
      case 3:
        return ErrorCode::unreadable_input;
      case 4:
        return ErrorCode::model_unusable;
      default:
        return ErrorCode::engine_failed;
    }
  }

  int spawn(std::vector<std::string>& words) {
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none;
    sigemptyset(&none);  // this process blocks signals, for its watch
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    pid_t child = 0;
    int failed = posix_spawn(&child, "/proc/self/exe", nullptr, &attributes, arguments.data(), environ);
    posix_spawnattr_destroy(&attributes);
    int status = 0;
    if (failed != 0) return -1;
    child_ = child;
    if (stop_.stop_requested()) kill(child, SIGTERM);  // it came before the child was known
    bool ended = waitpid(child, &status, 0) == child;
    child_ = 0;
    return ended ? status : -1;
  }

  Result<ModeRound> read() const {
    nlohmann::json json = nlohmann::json::parse(std::ifstream(summary()), nullptr, false);
    if (json.is_discarded()) return fail(ErrorCode::engine_failed, "a run wrote no summary");
    ModeRound round;
    round.seconds = json["wall_s"];
    round.fps = json["fps"];
    round.peak_mb = json["peak_rss_mb"];
    round.processor_s = json["cpu_s"];
    round.frames = json["frames"]["emitted"];
    for (const auto& model : json["models"])
      round.models.emplace_back(model["name"].get<std::string>(), model["infer_s"].get<double>());
    return round;
  }

  static inline std::atomic<pid_t> child_ = 0;  // whom a signal ends too
  const Options& options_;
  const std::stop_token stop_;
  const std::vector<std::string> words_;
  const Scratch scratch_;
};

/// A round that was cut short compares nothing.
void keep_whole_rounds(std::vector<ModeRow>& rows, int rounds) {
  for (ModeRow& row : rows) row.rounds.resize(std::min(row.rounds.size(), static_cast<std::size_t>(rounds)));
}

Result<std::vector<ModeRow>> play(const Options& options, Interruption& interruption) {
  std::vector<ModeRow> rows;
  for (bool defaults : {true, false})
    for (const char* mode : {"serial", "threads", "processes", "coroutines"}) rows.push_back({mode, defaults, {}});
  rows.push_back({"shared", false, {}});
  Result<Scratch> scratch = Scratch::make();
  if (!scratch) return fail(std::move(scratch.error()));
  ModeRunner runner(options, std::move(*scratch), interruption.token());
  std::stop_callback stopping(interruption.token(), [] { ModeRunner::end_child(); });
  const double runs = options.rounds * static_cast<double>(rows.size());
  tell_length(options, fmt::format("{:.0f} runs over the whole input", runs), "the first one tells how long they take");
  for (int round = 0; round < options.rounds; ++round) {
    for (ModeRow& row : rows) {
      if (!options.quiet) tell("round {} of {}: {}\n", round + 1, options.rounds, row.name());
      TimePoint begin = steady_clock().now();
      Result<ModeRound> played = runner.run(row);
      if (interruption.is_requested()) return keep_whole_rounds(rows, round), rows;
      if (!played) return fail(std::move(played.error()));
      if (round == 0 && &row == &rows.front())
        tell_length(options, fmt::format("{:.0f} runs more", runs - 1),
                    "about " + rough_time((runs - 1) * to_seconds(steady_clock().now() - begin)));
      row.rounds.push_back(std::move(*played));
    }
    interruption.answer_known();
  }
  return rows;
}

/// Can each be read, and does it end?
Result<void> check_inputs(const Options& options) {
  Result<std::vector<Input>> inputs = named_inputs(options);
  if (!inputs) return fail(std::move(inputs.error()));
  if (Result<void> ok = take_outputs({}, {inputs_read(specs_of(*inputs))}); !ok) return ok;
  for (const Input& input : *inputs) {
    if (input.source.loop == 0 && input.source.limit == 0)
      return fail(ErrorCode::invalid_argument, "--loop 0 never ends; add --limit N");
    if (Result<std::unique_ptr<Source>> source = open_input(input); !source) return fail(std::move(source.error()));
  }
  return {};
}

}  // namespace

ExitCode modes_command(const Options& options) {
  SignalWatch signals(ModeRunner::end_child);
  Outputs outputs{{"--report", options.report}, {"--summary", options.summary, OutputKind::data}};
  if (Result<void> ok = take_outputs(outputs, named_reads(options)); !ok) return report(ok.error());
  if (Result<void> ok = check_inputs(options); !ok) return report(ok.error());
  Interruption interruption(signals);
  Result<std::vector<ModeRow>> rows = play(options, interruption);
  if (!rows) return report(rows.error());
  put_beside(options.summary, modes_text(*rows));
  if (!options.report.empty())
    if (Result<void> written = write_text(options.report, to_html(modes_page(*rows))); !written)
      return report(written.error());
  if (!options.summary.empty())
    if (Result<void> written = write_text(options.summary, modes_json(*rows)); !written) return report(written.error());
  return ExitCode::done;
}

}  // namespace inflight::app
