#include "inflight/result.hpp"

namespace inflight {

const char* to_string(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::invalid_argument:
      return "invalid_argument";
    case ErrorCode::unreadable_input:
      return "unreadable_input";
    case ErrorCode::unreadable_frame:
      return "unreadable_frame";
    case ErrorCode::model_unusable:
      return "model_unusable";
    case ErrorCode::device_unusable:
      return "device_unusable";
    case ErrorCode::unwritable_output:
      return "unwritable_output";
    case ErrorCode::output_failed:
      return "output_failed";
    case ErrorCode::engine_failed:
      return "engine_failed";
    case ErrorCode::cancelled:
      return "cancelled";
    case ErrorCode::deadline_exceeded:
      return "deadline_exceeded";
    case ErrorCode::overflow:
      return "overflow";
    case ErrorCode::would_block:
      return "would_block";
    case ErrorCode::closed:
      return "closed";
    case ErrorCode::busy:
      return "busy";
    case ErrorCode::internal:
      return "internal";
  }
  return "internal";
}

}  // namespace inflight
