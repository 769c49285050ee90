// Writes a model for the tests that run on every engine: make_model FILE.
#include <ATen/Functions.h>
#include <torch/csrc/jit/api/module.h>

int main(int, char** argv) {
  at::Tensor ramp = at::arange(8 * 3 * 3 * 3, at::kFloat);
  torch::jit::Module module("m");
  // Weights without a pattern that a mistake could hide behind.
  module.register_parameter("first", at::sin(ramp).view({8, 3, 3, 3}), false);
  module.register_parameter("second", at::cos(ramp.narrow(0, 0, 4 * 8)).view({4, 8, 1, 1}), false);
  module.define(R"(
def forward(self, image):
  features = torch.relu(torch.conv2d(image, self.first, None, [2, 2], [1, 1]))
  scores = torch.conv2d(features, self.second)
  return torch.sigmoid(scores), torch.max_pool2d(features, [2, 2])
)");
  module.save(argv[1], {{"INPUT_SHAPE", "1,3,128,128"}});
}
