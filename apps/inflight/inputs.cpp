#include "inputs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <filesystem>

#include "choices.hpp"
#include "console.hpp"

namespace inflight::app {
namespace {

Input input_of(const Options& options, const std::string& spec) {
  Input input;
  input.spec = spec;
  input.source = options.source;
  input.setup.overflow = options.overflow;
  input.setup.max_age = options.max_age;
  return input;
}

/// Paths of a list are taken as on a command line, which is not what everybody expects.
std::string hint_at_folder(const Input& input) {
  std::error_code ignored;
  std::filesystem::path path(input.spec), beside = std::filesystem::path(input.from_list).parent_path() / path;
  bool misplaced =
      path.is_relative() && !std::filesystem::exists(path, ignored) && std::filesystem::exists(beside, ignored);
  return misplaced ? fmt::format(
                         "; relative paths of a list are taken from the folder that the program runs in, and it "
                         "is beside the list: start it there, or write {}",
                         std::filesystem::absolute(beside, ignored).lexically_normal().string())
                   : "";
}

/// `why` with the line of the list that it is about.
Error told_from(const Input& input, const Error& why) {
  if (input.from_list.empty()) return why;
  return {why.code,
          fmt::format("{}:{}: {}{}", redacted(input.from_list), input.line, why.message, hint_at_folder(input))};
}

int to_int(const std::string& text) {
  int value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// The list has checked every value.
void apply(const std::string& name, const std::string& value, Input& input) {
  if (name == "name") input.setup.name = redacted(value);
  if (name == "priority") input.setup.priority = to_int(value);
  if (name == "overflow") input.setup.overflow = kOverflowPolicies.at(value);
  if (name == "max-age")
    input.setup.max_age = parse_duration(value, std::chrono::milliseconds(1)).value_or(Duration{0});
  if (name == "realtime") input.source.realtime = value == "true";
  if (name == "loop") input.source.loop = to_int(value);
  if (name == "every") input.source.every = static_cast<std::uint64_t>(to_int(value));
}

/// "a.txt, b.txt, c.txt and 4 more"
std::string some_of(const std::vector<std::string>& files) {
  constexpr std::size_t kShown = 3;
  std::string text;
  for (std::size_t i = 0; i < files.size() && i < kShown; ++i)
    text += (i > 0 ? ", " : "") + std::filesystem::path(files[i]).filename().string();
  return files.size() <= kShown ? text : fmt::format("{} and {} more", text, files.size() - kShown);
}

/// `input`, or one for each video that it holds.
Result<void> add(const Options& options, const Input& input, std::vector<Input>& inputs) {
  Result<NamedSources> found = find_sources(input.spec);
  if (!found) return fail(std::move(found.error()));
  if (!found->passed_over.empty() && !options.quiet)
    tell("inflight: {}: {} other file{} passed over: {}\n", redacted(input.spec), found->passed_over.size(),
         found->passed_over.size() == 1 ? " is" : "s are", some_of(found->passed_over));
  for (const std::string& spec : found->specs) {
    Input& one = inputs.emplace_back(copy_of(input));
    one.spec = spec;
    if (found->specs.size() > 1 && !one.setup.name.empty())
      one.setup.name += "/" + std::filesystem::path(spec).filename().string();
  }
  return {};
}

/// Everything of a line but its name, which tells two cameras apart that are one.
bool are_same(const Input& a, const Input& b) {
  return a.spec == b.spec && a.source.start == b.source.start && a.source.every == b.source.every &&
         a.source.loop == b.source.loop && a.setup.name == b.setup.name;
}

/// Two lines that say the same are a mistake as a rule, but may be meant.
void tell_of_twins(const std::vector<Input>& inputs) {
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    auto twin = std::find_if(inputs.begin(), inputs.begin() + static_cast<std::ptrdiff_t>(i),
                             [&](const Input& other) { return are_same(inputs[i], other); });
    if (twin->line == inputs[i].line) continue;
    tell("inflight: {}:{}: says the same as line {}; it is read twice\n", redacted(inputs[i].from_list), inputs[i].line,
         twin->line);
  }
}

}  // namespace

Input copy_of(const Input& input) {
  Input copy;
  copy.spec = input.spec;
  copy.source = input.source;
  copy.from_list = input.from_list;
  copy.line = input.line;
  copy.setup.name = input.setup.name;
  copy.setup.overflow = input.setup.overflow;
  copy.setup.priority = input.setup.priority;
  copy.setup.max_age = input.setup.max_age;
  return copy;
}

std::vector<std::string> specs_of(const std::vector<Input>& inputs) {
  std::vector<std::string> specs;
  for (const Input& input : inputs) specs.push_back(input.spec);
  return specs;
}

bool is_source_list(const std::string& input) {
  if (input.find("://") != std::string::npos) return false;
  std::string extension = std::filesystem::path(input).extension().string();
  std::ranges::transform(extension, extension.begin(), [](unsigned char c) { return std::tolower(c); });
  return extension == ".txt" || extension == ".list";
}

Result<std::vector<Input>> listed_inputs(const Options& options, const std::string& list) {
  Result<SourceList> read = read_source_list(list, options.skip_bad);
  if (!read) {
    Error why = std::move(read.error());
    if (why.code == ErrorCode::invalid_argument) why.message += "; or leave it out with --skip-bad";
    return fail(std::move(why));
  }
  for (const Error& bad : read->bad_lines) tell("inflight: left out: {}\n", bad.message);
  std::vector<Input> inputs;
  for (const ListedSource& listed : read->sources) {
    Input input = input_of(options, listed.spec);
    for (const auto& [name, value] : listed.options) apply(name, value, input);
    input.from_list = list;
    input.line = listed.line;
    if (Result<void> added = add(options, input, inputs); !added) return fail(told_from(input, added.error()));
  }
  if (!options.quiet) tell_of_twins(inputs);
  return inputs;
}

Result<std::vector<Input>> named_inputs(const Options& options) {
  std::vector<Input> inputs;
  for (const std::string& text : options.inputs.empty() ? std::vector{options.input} : options.inputs) {
    if (!is_source_list(text)) {
      if (Result<void> added = add(options, input_of(options, text), inputs); !added)
        return fail(std::move(added.error()));
      continue;
    }
    Result<std::vector<Input>> listed = listed_inputs(options, text);
    if (!listed) return listed;
    for (Input& input : *listed) inputs.push_back(std::move(input));
  }
  return inputs;
}

Result<std::unique_ptr<Source>> open_input(const Input& input) {
  Result<std::unique_ptr<Source>> source = open_source(input.spec, input.source);
  return source ? std::move(source) : fail(told_from(input, source.error()));
}

}  // namespace inflight::app
