// Labels in a model's metadata.
#include "fuzzing.hpp"
#include "labels.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using inflight::fuzzing::require;
  std::string text(inflight::fuzzing::text_of(data, size));
  std::vector<std::string> labels = inflight::parse_labels(text);
  require(labels.size() <= 65536, "labels are bounded");
  inflight::ModelInfo model;
  model.name = text;
  model.metadata["model_info/labels"] = text;
  std::vector<std::string> found = inflight::find_labels(model, 1);
  require(labels.empty() || found == labels, "metadata goes before the model's name");
  return 0;
}
