#include "configuration.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <string_view>

#include "inflight/detail/joined.hpp"
#include "outputs.hpp"
#include "usage.hpp"

namespace inflight::app {
namespace {

std::string trimmed(const std::string& text) {
  std::size_t first = text.find_first_not_of(" \t\r"), last = text.find_last_not_of(" \t\r");
  return first == std::string::npos ? "" : text.substr(first, last - first + 1);
}

std::string unquoted(const std::string& text) {
  bool quoted = text.size() >= 2 && text.front() == '"' && text.back() == '"';
  return quoted ? text.substr(1, text.size() - 2) : text;
}

/// What the lines of a file say, as words of a command line.
Result<std::vector<std::string>> read_config(const std::string& path) {
  std::ifstream file(path);
  if (!file) return fail(ErrorCode::unreadable_input, redacted(path) + ": cannot be opened");
  std::vector<std::string> words;
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    line = trimmed(line);
    if (line.empty() || line.front() == '#') continue;
    std::size_t equals = line.find('=');
    if (equals == std::string::npos || equals == 0)
      return fail(ErrorCode::unreadable_input, fmt::format("{}:{}: write it as name = value", redacted(path), number));
    words.push_back("--" + trimmed(line.substr(0, equals)) + "=" + unquoted(trimmed(line.substr(equals + 1))));
  }
  return words;
}

constexpr std::string_view kWordsOption = "--words-in=";

Result<std::vector<std::string>> read_words(const std::string& path) {
  std::ifstream file(path);
  if (!file) return fail(ErrorCode::unreadable_input, path + ": cannot be opened");
  std::vector<std::string> words{"run"};
  for (std::string word; std::getline(file, word, '\0');) words.push_back(word);
  return words;
}

}  // namespace

std::string to_arguments(const Settings& settings) {
  return detail::joined(settings, " ",
                        [](const auto& pair) { return fmt::format("--{}={}", pair.first, pair.second); });
}

Result<Options> with_arguments(const Options& base, const std::string& arguments) {
  Options options = base;
  options.properties.clear();  // those of `base` are in its compile options
  CLI::App all("", "inflight");
  all.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  CLI::App* run = all.add_subcommand("run");
  add_model_options(*run, options);
  add_source_options(*run, options);
  add_sharing_options(*run, options);
  add_run_options(*run, options);
  add_output_options(*run, options);
  for (CLI::Option* option : run->get_options()) option->required(false);
  try {
    all.parse("run " + arguments);
  } catch (const CLI::ParseError& error) {
    return fail(ErrorCode::invalid_argument, fmt::format("\"{}\": {}", arguments, explain(all, error, "run")));
  }
  if (Result<void> ok = resolve(options); !ok) return fail(std::move(ok.error()));
  return options;
}

Result<std::pair<std::string, std::string>> parse_named(const std::string& text) {
  std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || text.front() == '-')
    return fail(ErrorCode::invalid_argument,
                fmt::format("--config {}: write it as NAME='OPTIONS', e.g. four='--requests 4'", text));
  return std::pair(text.substr(0, equals), text.substr(equals + 1));
}

Result<void> write_config(const std::string& path, const Settings& settings, const std::string& remark) {
  std::string text = "# " + remark + "\n";
  for (const auto& [name, value] : settings) text += fmt::format("{} = \"{}\"\n", name, value);
  text.pop_back();  // write_text ends the last line
  return write_text(path, text);
}

Result<std::vector<std::string>> words_in_file(const std::vector<std::string>& words, const std::string& file) {
  int descriptor = open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (descriptor < 0)
    return fail(ErrorCode::unwritable_output, fmt::format("{}: cannot be written: {}", file, std::strerror(errno)));
  std::string text;
  for (const std::string& word : words) text.append(word).push_back('\0');
  bool whole = write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  close(descriptor);
  if (!whole) return fail(ErrorCode::unwritable_output, file + ": cannot be written; is the disk full?");
  return std::vector<std::string>{"inflight", "run", std::string(kWordsOption) + file};
}

Result<CommandLine> with_config_files(std::vector<std::string> words) {
  std::vector<std::string> files;
  if (words.size() == 2 && words[0] == "run" && words[1].starts_with(kWordsOption)) {
    Result<std::vector<std::string>> read = read_words(words[1].substr(kWordsOption.size()));
    if (!read) return fail(std::move(read.error()));
    words = std::move(*read);
  }
  if (words.empty() || (words.front() != "run" && words.front() != "verify")) return CommandLine{std::move(words), {}};
  for (std::size_t i = 1; i < words.size(); ++i) {
    bool apart = words[i] == "--config" && i + 1 < words.size();
    if (!apart && !words[i].starts_with("--config=")) continue;
    std::string path = apart ? words[i + 1] : words[i].substr(9);
    auto at = words.begin() + static_cast<std::ptrdiff_t>(i);
    words.erase(at, at + (apart ? 2 : 1));
    Result<std::vector<std::string>> file = read_config(path);
    if (!file) return fail(std::move(file.error()));
    files.push_back(std::move(path));
    words.insert(words.begin() + 1, file->begin(), file->end());
    i += file->size();
    --i;
  }
  return CommandLine{std::move(words), std::move(files)};
}

}  // namespace inflight::app
