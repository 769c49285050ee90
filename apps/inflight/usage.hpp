// What to tell a user whose command line is wrong.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace inflight::app {

/// The name most like `word`; empty where none is like it.
std::string nearest(std::string_view word, const std::vector<std::string>& names);

/// One line: what is wrong with the command line that made `app` throw `error`, and what to type instead.
/// `command` is the first argument of the program, or empty.
std::string explain(const CLI::App& app, const CLI::ParseError& error, const std::string& command);

/// A number that is not below `lowest`. (CLI11's own check names a bound of 300 digits.)
CLI::Validator at_least(double lowest);
/// A number from `low` to `high`.
CLI::Validator between(double low, double high);

}  // namespace inflight::app
