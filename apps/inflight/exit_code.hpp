// How the command ends: 0 done · 1 run failed · 2 bad usage · 3 input cannot be read · 4 model or device cannot
// be used.
#pragma once

#include "inflight/report.hpp"
#include "inflight/result.hpp"

namespace inflight::app {

enum class ExitCode : int {
  done = 0,
  run_failed = 1,
  bad_usage = 2,
  unreadable_input = 3,
  unusable_model = 4,
  reader_gone = 141,  ///< 128 + SIGPIPE, which ends other tools: nobody reads standard output any more
};

ExitCode exit_code(ErrorCode code) noexcept;

/// Prints "inflight: message" to standard error; nothing where whoever read standard output has seen enough. Returns
/// the exit code that belongs to the error.
ExitCode report(const Error& error);
/// The same of the exception that is being handled: a thread or memory that the system did not give where no error
/// could be returned.
ExitCode report_exception();

/// "2 of 30 frames failed (2 engine_failed)"; empty where none did.
std::string failures_text(const FrameCounts& frames);

/// Prints why a run ended badly, or why frames of it failed, if so. What it could keep, it has kept; the exit code
/// tells how it ended.
ExitCode report_end(const RunSummary& summary);

/// A line on standard error for each model that found nothing in any frame.
void report_doubts(const RunSummary& summary);

}  // namespace inflight::app
