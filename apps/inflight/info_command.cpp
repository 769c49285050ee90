// inflight info: what a model is, and how it will be fed and read. inflight devices: what there is to run it on.
#include <fmt/format.h>

#include <span>

#include "commands.hpp"
#include "console.hpp"
#include "inflight/detail/joined.hpp"

namespace inflight::app {
namespace {

void print_ports(const char* kind, const std::vector<Port>& ports) {
  for (const Port& port : ports)
    put("  {:<7} {:<24} {:<5} {} {}\n", kind, port.name, to_string(port.type), to_string(port.shape), port.layout);
}

const char* describe(ResizeMode mode) {
  switch (mode) {
    case ResizeMode::stretch:
      return "stretched to the input";
    case ResizeMode::letterbox_center:
      return "letterboxed, centred";
    case ResizeMode::letterbox_top_left:
      return "letterboxed, top left";
  }
  return "";
}

std::string describe(const PreprocessOptions& options) {
  std::string text =
      fmt::format("{}, {}", describe(options.resize), options.channels == ChannelOrder::bgr ? "BGR" : "RGB");
  if (options.resize != ResizeMode::stretch) text += fmt::format(", padding {}", options.padding);
  const auto& [m0, m1, m2] = options.mean;
  const auto& [s0, s1, s2] = options.scale;
  return text + fmt::format(", mean {} {} {}, scale {} {} {}", m0, m1, m2, s0, s1, s2);
}

std::string describe_labels(const std::vector<std::string>& labels) {
  constexpr std::size_t kShown = 6;
  const std::span shown(labels.data(), std::min(kShown, labels.size()));
  return fmt::format("{}: {}{}", labels.size(), detail::joined(shown, ", "), labels.size() > kShown ? ", …" : "");
}

}  // namespace

ExitCode info_command(const Options& options) {
  Result<ModelInfo> model = read_model(options.model);
  if (!model) return report(model.error());
  put("{}\n", model->name);
  print_ports("input", model->inputs);
  print_ports("output", model->outputs);
  Result<ModelFamily> family = recognise_detector(options.model, options.device, options.detector);
  if (!family) return report(family.error());
  put("family        {} ({})\n", family->decoder, family->why);
  put("preprocessing {}\n", describe(family->preprocess));
  put("labels        {}\n", describe_labels(family->labels));
  for (const std::string& note : family->notes) put("note          {}\n", note);
  return ExitCode::done;
}

ExitCode devices_command() {
  for (const EngineStatus& status : engines()) {
    if (!status.engine) {
      put("{:<6} not usable: {}\n", status.name, status.problem);
      continue;
    }
    put("{:<6} {} ({})\n", status.name, status.engine->version(), status.where);
    for (const DeviceInfo& device : status.engine->devices())
      put("  {:<24} {}{}{}\n", status.name + ":" + device.name, device.full_name,
          device.capabilities.empty() ? "" : ", ", detail::joined(device.capabilities, " "));
  }
  return ExitCode::done;
}

}  // namespace inflight::app
