// The grammar of device strings:
//
//   device := NAME | ENGINE ":" NAME | "AUTO" [":" list] | "MULTI" ":" list | "BATCH" ":" device ["(" SIZE ")"]
//             | "PROCESS" ":" device
//   list   := item {"," item}      item := ["-"] device | "(" device ")"
//
// Parentheses keep commas together: MULTI:(sim:latency=5ms,lanes=2),(AUTO:ov:CPU,ort:CPU).
#pragma once

#include <string>
#include <vector>

#include "inflight/result.hpp"

namespace inflight {

struct DeviceSpec {
  enum class Kind : std::uint8_t { plain, automatic, multi, batch, process };
  Kind kind = Kind::plain;
  std::string name;  ///< plain: "CPU", "ov:CPU", "sim:…"
  std::vector<DeviceSpec> members;
  bool excluded = false;  ///< "-": not to be used by AUTO
  int batch_size = 0;     ///< BATCH; 0: not given
};

/// As it was written, more or less: for messages and RuntimeInfo::device.
std::string to_string(const DeviceSpec& spec);

/// Errors: invalid_argument; the message has the text and a caret under the place.
Result<DeviceSpec> parse_device(const std::string& text);

}  // namespace inflight
