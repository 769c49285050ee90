#include "ladder_options.hpp"

#include "choices.hpp"

namespace inflight::app {

void add_ladder_options(CLI::App& command, LadderOptions& ladder) {
  command.option_defaults()->group("Ladder");
  add_text(command, "--torchscript", ladder.torchscript, "FILE.pt")
      ->description("the same model for LibTorch, as the baseline");
  add_text(command, "--onnx", ladder.onnx, "FILE.onnx")
      ->description("the same model for ONNX Runtime, where -m is an .xml");
  add_number(command, "--frames", ladder.frames, 16)->description("inferences of each rung (1024)");
  add_number(command, "--batch", ladder.batch, 2)->description("of the batch rung (8)");
  command.option_defaults()->group("Output");
  add_text(command, "--report", ladder.report, "FILE.html")->description("the rungs as a page with a chart");
  add_text(command, "--summary", ladder.summary, "FILE")->description("the rungs as JSON; - for standard output");
}

}  // namespace inflight::app
