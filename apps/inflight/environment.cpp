#include "environment.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>
#include <fstream>

#include "inflight/detail/joined.hpp"

namespace inflight::app {
namespace {

/// As a shell would take it.
std::string shell_word(const std::string& word) {
  const char* plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./-_";
  if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) return word;
  std::string text;
  for (char c : word) text.append(c == '\'' ? "'\\'" : "").append(1, c);
  return fmt::format("'{}'", text);
}

/// The command line of this process.
std::string command() {
  std::string text;
  std::ifstream words("/proc/self/cmdline");
  for (std::string word; std::getline(words, word, '\0');) detail::join(text, " ", shell_word(redacted(word)));
  return text;
}

std::string engine_versions() {
  std::string text;
  for (const EngineStatus& status : engines())
    if (status.engine) detail::join(text, ", ", fmt::format("{} {}", status.name, status.engine->version()));
  return text;
}

}  // namespace

std::vector<std::vector<std::string>> describe_environment(const Options& options) {
  Machine machine = this_machine();
  return {{"command", command()},
          {"model", redacted(options.model)},
          {"input", redacted(options.input)},
          {"device", options.device},
          {"processor", fmt::format("{}, {} cores for this process", machine.cpu, machine.cores)},
          {"memory", fmt::format("{:.1f} GB", machine.memory_gb)},
          {"system", machine.system},
          {"Inflight", INFLIGHT_VERSION},
          {"engines", engine_versions()},
          {"written", fmt::format("{:%Y-%m-%d %H:%M:%S %z}", fmt::localtime(std::time(nullptr)))}};
}

}  // namespace inflight::app
