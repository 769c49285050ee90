// inflight compare --modes: the ways in which several models can share a machine, side by side.
#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "modes_report.hpp"
#include "outputs.hpp"
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
  explicit ModeRunner(const Options& options)
      : words_(words_of_run(options.words)),
        summary_(fs::temp_directory_path() / fmt::format("inflight-modes-{}.json", getpid())) {}
  ~ModeRunner() {
    std::error_code ignored;
    fs::remove(summary_, ignored);
  }
  ModeRunner(const ModeRunner&) = delete;
  ModeRunner& operator=(const ModeRunner&) = delete;

  Result<ModeRound> run(const ModeRow& row) {
    std::vector<std::string> words{"inflight", "run"};
    words.insert(words.end(), words_.begin(), words_.end());
    for (const std::string& word : {std::string("-q"), "--summary=" + summary_.string(), "--mode=" + row.mode})
      words.push_back(word);
    if (row.engine_defaults) words.emplace_back("--engine-defaults");
    int status = spawn(words);
    if (status != 0)
      return fail(ErrorCode::engine_failed, fmt::format("the run in mode {} failed; see above", row.name()));
    return read();
  }

 private:
  static int spawn(std::vector<std::string>& words) {
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
    if (failed != 0 || waitpid(child, &status, 0) != child) return -1;
    return status;
  }

  Result<ModeRound> read() const {
    nlohmann::json json = nlohmann::json::parse(std::ifstream(summary_), nullptr, false);
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

  const std::vector<std::string> words_;
  const fs::path summary_;
};

Result<std::vector<ModeRow>> play(const Options& options) {
  std::vector<ModeRow> rows;
  for (bool defaults : {true, false})
    for (const char* mode : {"serial", "threads", "processes", "coroutines"}) rows.push_back({mode, defaults, {}});
  rows.push_back({"shared", false, {}});
  ModeRunner runner(options);
  for (int round = 0; round < options.rounds; ++round) {
    for (ModeRow& row : rows) {
      if (!options.quiet) fmt::print(stderr, "round {} of {}: {}\n", round + 1, options.rounds, row.name());
      Result<ModeRound> played = runner.run(row);
      if (!played) return fail(std::move(played.error()));
      row.rounds.push_back(std::move(*played));
    }
  }
  return rows;
}

}  // namespace

ExitCode modes_command(const Options& options) {
  SignalWatch signals([] {});
  for (const std::string& path : {options.report, options.summary})
    if (Result<void> ok = check_file(path); !ok) return report(ok.error());
  if (Result<void> ok = check_repeatable(options); !ok) return report(ok.error());
  Result<std::vector<ModeRow>> rows = play(options);
  if (!rows) return report(rows.error());
  fmt::print(options.summary == "-" ? stderr : stdout, "{}", modes_text(*rows));
  if (!options.report.empty())
    if (Result<void> written = write_text(options.report, to_html(modes_page(*rows))); !written)
      return report(written.error());
  if (!options.summary.empty())
    if (Result<void> written = write_text(options.summary, modes_json(*rows)); !written) return report(written.error());
  return ExitCode::done;
}

}  // namespace inflight::app
