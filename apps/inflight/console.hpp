// What the command says to people (standard error) and what it gives (standard output). The only place that writes to
// either.
#pragma once

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "exit_code.hpp"
#include "inflight/result.hpp"

namespace inflight::app {

/// Before anything else, so that no output can end the process or land in the wrong place: descriptors 0 to 2 are
/// taken, also where whoever started us closed them; a reader that goes away and a file that may not grow are failed
/// writes.
void prepare_console();

/// A message for people. It is lost where it cannot be written; the run is not.
void tell_text(std::string_view text) noexcept;
template <class... Values>
void tell(fmt::format_string<Values...> format, Values&&... values) {
  tell_text(fmt::format(format, std::forward<Values>(values)...));
}

/// What the command is asked for, handed on at once: somebody may be watching. A failure shows in flush_output() and in
/// the exit code (checked).
void put_text(std::string_view text) noexcept;
template <class... Values>
void put(fmt::format_string<Values...> format, Values&&... values) {
  put_text(fmt::format(format, std::forward<Values>(values)...));
}
/// A table for people: on standard output, unless `data` has that, an output of its own that may be "-".
void put_beside(std::string_view data, std::string_view text) noexcept;

/// Whether all that was put has been written. Errors: output_failed, returned once.
Result<void> flush_output();

/// Whether standard output is a pipe that nobody reads any more.
bool reader_is_gone();

/// At the very end: `code`, or why it is not done: what was put could not be written.
ExitCode checked(ExitCode code);

}  // namespace inflight::app
