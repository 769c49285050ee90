#include "usage.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "inflight/detail/joined.hpp"
#include "inflight/media.hpp"

namespace inflight::app {
namespace {

/// How many letters must be put in, taken out, changed or swapped with their neighbour to turn `a` into `b`
/// (optimal string alignment distance).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        d[i][j] = i + j;
        continue;
      }
      std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + change});
      bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  }
  return d[a.size()][b.size()];
}

std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(command->get_name());
  return names;
}

/// The long names of the options of `command`, with their dashes.
std::vector<std::string> flag_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

std::string did_you_mean(const std::string& name) { return name.empty() ? "" : fmt::format("did you mean {}? ", name); }

std::string no_such_command(const CLI::App& app, const std::string& command) {
  std::vector<std::string> names = command_names(app);
  std::string problem =
      command.empty() ? "no command was given" : fmt::format("there is no command {}", redacted(command));
  return fmt::format("{}; {}the commands are {}; see inflight --help", problem, did_you_mean(nearest(command, names)),
                     detail::joined(names, ", "));
}

/// `rest` is what no option took, in the order typed.
std::string not_understood(const CLI::App& command, const std::vector<std::string>& rest) {
  auto flag = std::ranges::find_if(rest, [](const std::string& word) { return word.starts_with('-'); });
  std::string name = command.get_name();
  if (flag == rest.end())
    return fmt::format(
        "{} does not know what {} is; name the model with -m and the input with -i; see inflight {} --help", name,
        redacted(rest.front()), name);
  std::string typed = flag->substr(0, flag->find('='));
  return fmt::format("{} has no option {}; {}see inflight {} --help", name, typed,
                     did_you_mean(nearest(typed, flag_names(command))), name);
}

}  // namespace

std::string nearest(std::string_view word, const std::vector<std::string>& names) {
  std::string best;
  std::size_t fewest = word.size() / 3 + 1;  // more changes than that, and it is another word
  for (const std::string& name : names) {
    std::size_t changes = distance(word, name);
    if (changes > fewest || (changes == fewest && !best.empty())) continue;
    fewest = changes;
    best = name;
  }
  return best;
}

namespace {

std::string explain_as_typed(const CLI::App& app, const CLI::ParseError& error, const std::string& command) {
  const CLI::App* chosen = app.get_subcommands().empty() ? nullptr : app.get_subcommands().front();
  if (!chosen) return no_such_command(app, command);
  // A misspelt option is the cause when the right one is then missing.
  std::vector<std::string> rest = app.remaining(true);
  if (!rest.empty()) return not_understood(*chosen, rest);
  std::string what = error.what();
  if (error.get_name() == "ArgumentMismatch") what = what.substr(0, what.find(':')) + " needs a value";
  return fmt::format("{}; see inflight {} --help", what, chosen->get_name());
}

}  // namespace

std::string explain(const CLI::App& app, const CLI::ParseError& error, const std::string& command) {
  return redacted_text(explain_as_typed(app, error, command));
}

CLI::Validator at_least(double lowest) {
  auto problem = [lowest](const std::string& text) -> std::string {
    constexpr double kMost = 1e15;  // CLI11 would cut off what no integer holds, without a word
    double value = 0;
    if (!CLI::detail::lexical_cast(text, value)) return fmt::format("{} is not a number", text);
    if (value > kMost) return fmt::format("{} is too large", text);
    return value >= lowest ? "" : fmt::format("{} is too small; the least is {}", text, lowest);
  };
  return {problem, ""};
}

CLI::Validator between(double low, double high) {
  auto problem = [low, high](const std::string& text) -> std::string {
    double value = 0;
    if (!CLI::detail::lexical_cast(text, value)) return fmt::format("{} is not a number", text);
    return value >= low && value <= high ? "" : fmt::format("{} is not from {} to {}", text, low, high);
  };
  return {problem, ""};
}

}  // namespace inflight::app
