// Settings beside those of the command line: --config of compare and run, and what tune tries and writes.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "options.hpp"

namespace inflight::app {

/// Options by their long names, without dashes: {"streams", "2"}.
using Settings = std::vector<std::pair<std::string, std::string>>;

/// "--streams 2 --requests 4"
std::string to_arguments(const Settings& settings);

/// `base` with what `arguments` says besides, as it would stand on the command line of run.
/// Errors: invalid_argument, naming the option.
Result<Options> with_arguments(const Options& base, const std::string& arguments);

/// "NAME=ARGUMENTS" split at its first '='. Errors: invalid_argument.
Result<std::pair<std::string, std::string>> parse_named(const std::string& text);

/// A file of lines `name = value`, # for remarks, which run, verify and compare take. Errors: output_failed.
Result<void> write_config(const std::string& path, const Settings& settings, const std::string& remark);

/// What `inflight run` is started with by another command: `words` are in `file`, since everybody may read the command
/// lines of processes, and they may hold passwords. Errors: unwritable_output.
Result<std::vector<std::string>> words_in_file(const std::vector<std::string>& words, const std::string& file);

/// The words of the command line, those of words_in_file() in the place of their file, and with `--config FILE` of run
/// and verify replaced by what the file says, before
struct CommandLine {
  std::vector<std::string> words;
  std::vector<std::string> config_files;  ///< that were read
};
/// The words of the command line with `--config FILE` of run and verify replaced by what the file says, before
/// everything else, so that the command line wins. Errors: unreadable_input, naming file and line.
Result<CommandLine> with_config_files(std::vector<std::string> words);

}  // namespace inflight::app
