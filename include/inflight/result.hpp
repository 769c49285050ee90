// How Inflight reports failure: one error type, one way out. Nothing here throws.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

#include "inflight/api.hpp"

namespace INFLIGHT_API inflight {

/// What kind of thing went wrong; the program maps each to an exit code.
enum class ErrorCode {
  invalid_argument,   ///< the caller asked for something that cannot be
  unreadable_input,   ///< a source is missing, empty, damaged or of an unknown format
  unreadable_frame,   ///< one frame of a source is damaged; the source goes on with the next
  model_unusable,     ///< a model cannot be read, or its outputs are not understood
  device_unusable,    ///< no such engine or device, or it cannot run this model
  unwritable_output,  ///< an output path cannot be opened
  output_failed,      ///< writing failed after it began (disk full, encoder error)
  engine_failed,      ///< an inference failed at run time
  cancelled,          ///< given up by `cancel`
  deadline_exceeded,  ///< its deadline passed first
  overflow,           ///< dropped where more came than could be taken
  would_block,        ///< nothing free right now (try_ and timed calls)
  closed,             ///< after `close` or `stop`
  busy,               ///< the request is in flight already
  internal            ///< a defect in Inflight; please report it
};

/// The name of `code` as it is spelt above, for logs and JSON. Points to static storage.
const char* to_string(ErrorCode code) noexcept;

/// `message` is one line that names the thing, what is wrong with it, and what to try.
struct Error {
  ErrorCode code = ErrorCode::internal;
  std::string message{};
};

template <class T = void>
using Result = tl::expected<T, Error>;

/// `return fail(ErrorCode::unreadable_input, "…")` from any function that returns a Result.
inline tl::unexpected<Error> fail(ErrorCode code, std::string message) {
  return tl::unexpected<Error>(Error{code, std::move(message)});
}

/// Hands an error on unchanged: `if (!opened) return fail(std::move(opened.error()));`
inline tl::unexpected<Error> fail(Error error) { return tl::unexpected<Error>(std::move(error)); }

}  // namespace INFLIGHT_API inflight
