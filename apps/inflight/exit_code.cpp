#include "exit_code.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace inflight::app {

ExitCode exit_code(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::invalid_argument:
    case ErrorCode::unwritable_output: return ExitCode::bad_usage;
    case ErrorCode::unreadable_input: return ExitCode::unreadable_input;
    case ErrorCode::model_unusable:
    case ErrorCode::device_unusable: return ExitCode::unusable_model;
    default: return ExitCode::run_failed;
  }
}

ExitCode report(const Error& error) {
  fmt::print(stderr, "inflight: {}\n", error.message);
  return exit_code(error.code);
}

}  // namespace inflight::app
