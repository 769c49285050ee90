// Lines of --json: whatever labels, names and reasons hold, a line is JSON.
#include <nlohmann/json.hpp>

#include "fuzzing.hpp"
#include "inflight/media.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  FuzzedDataProvider data(bytes, size);
  inflight::FrameResult result;
  result.frame.timestamp = inflight::Duration(data.ConsumeIntegral<std::int64_t>());
  result.frame.id = data.ConsumeIntegral<std::uint64_t>();
  result.status = data.PickValueInArray(
      {inflight::FrameStatus::emitted, inflight::FrameStatus::dropped, inflight::FrameStatus::failed});
  inflight::Detection found;
  found.box = {data.ConsumeFloatingPoint<float>(), 0, 1, data.ConsumeFloatingPoint<float>()};
  found.score = data.ConsumeProbability<float>();
  found.label = data.ConsumeRandomLengthString();
  result.detections = {found};
  if (data.ConsumeBool()) result.models.push_back({data.ConsumeRandomLengthString(), {found}, "", {}});
  result.reason = data.ConsumeRemainingBytesAsString();

  std::string line = inflight::to_json(result);
  inflight::fuzzing::require(inflight::fuzzing::is_message(line), "it is one line");
  inflight::fuzzing::require(nlohmann::json::accept(line), "it is JSON: " + line);
  return 0;
}
