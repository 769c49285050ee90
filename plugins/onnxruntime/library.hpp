// ONNX Runtime's library, opened at run time: a machine without it loses this engine only, and a build of it
// with other execution providers can take its place.
#pragma once

#include <string>

#include "inflight/result.hpp"

namespace inflight::onnxruntime {

struct Library {
  std::string path;
  std::string version;  ///< "1.31.1"
};

/// Opens $INFLIGHT_ORT_LIBRARY, or else the first of the usual places that has a library, and readies Ort::… for
/// use. Never closed. Errors: device_unusable, naming each file that was looked for and what was wrong with it.
Result<Library> open_library();

}  // namespace inflight::onnxruntime
