#include "exit_code.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <system_error>

#include "console.hpp"
#include "inflight/detail/joined.hpp"
#include "inflight/media.hpp"

namespace inflight::app {
namespace {

/// "2 engine_failed, 1 deadline_exceeded"
std::string reasons(const std::map<std::string, std::uint64_t>& by_reason) {
  return detail::joined(by_reason, ", ",
                        [](const auto& pair) { return fmt::format("{} {}", pair.second, pair.first); });
}

/// Whether the message is of standard output, and because `head` has its lines.
bool has_read_enough(std::string_view message) { return message.starts_with("standard output: ") && reader_is_gone(); }

}  // namespace

std::string failures_text(const FrameCounts& frames) {
  return frames.failed.empty()
             ? ""
             : fmt::format("{} of {} frames failed ({})", frames.total_failed(), frames.read, reasons(frames.failed));
}

ExitCode exit_code(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::invalid_argument:
    case ErrorCode::unwritable_output:
      return ExitCode::bad_usage;
    case ErrorCode::unreadable_input:
      return ExitCode::unreadable_input;
    case ErrorCode::model_unusable:
    case ErrorCode::device_unusable:
      return ExitCode::unusable_model;
    default:
      return ExitCode::run_failed;
  }
}

ExitCode report(const Error& error) {
  if (has_read_enough(error.message)) return ExitCode::reader_gone;
  tell("inflight: {}\n", redacted_text(error.message));  // it may repeat what was typed
  return exit_code(error.code);
}

ExitCode report_exception() {
  auto failed = [](std::string why) { return report({ErrorCode::internal, std::move(why)}); };
  try {
    throw;
  } catch (const std::system_error& error) {
    bool threads = error.code() == std::errc::resource_unavailable_try_again;
    return failed(!threads ? error.what()
                           : "no further thread could be started; allow this program more threads (ulimit -u, a "
                             "container's limit of pids) or more memory");
  } catch (const std::bad_alloc&) {
    return failed(
        "there is not enough memory; allow this program more (ulimit -v, a container's limit), or give it "
        "fewer sources or a smaller --max-frame-mb");
  } catch (const std::exception& error) {
    return failed(error.what());
  }
}

void report_doubts(const RunSummary& summary) {
  for (const Event& event : summary.events)
    if (event.kind == "nothing_found") tell("inflight: {}\n", event.text);
}

ExitCode report_end(const RunSummary& summary) {
  const FrameCounts& frames = summary.frames;
  std::uint64_t failed = frames.total_failed();
  if (failed > 0) tell("inflight: {}; their lines of --json say why\n", failures_text(frames));
  if (summary.error.empty()) return failed == 0 ? ExitCode::done : ExitCode::run_failed;
  if (has_read_enough(summary.error)) return ExitCode::reader_gone;
  tell("inflight: {}\n", summary.error);
  bool source = std::ranges::any_of(summary.events, [](const Event& e) { return e.kind == "source_failed"; });
  return source ? ExitCode::unreadable_input : ExitCode::run_failed;
}

}  // namespace inflight::app
