#include "engine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "compiled_model.hpp"
#include "convert.hpp"
#include "inflight/detail/joined.hpp"
#include "plugin.hpp"
#include "thread_room.hpp"
#include "usage.hpp"

namespace inflight::openvino {
namespace {

namespace fs = std::filesystem;

/// "NCHW" or "NHWC" where the input is a picture of three channels; else empty.
std::string picture_layout(const ov::PartialShape& shape) {
  if (shape.rank().is_dynamic() || shape.rank().get_length() != 4) return {};
  if (shape[1] == 3) return "NCHW";
  return shape[3] == 3 ? "NHWC" : "";
}

/// Lets pictures come in as bytes; the conversion joins the first convolution and costs nothing measurable.
std::shared_ptr<ov::Model> take_bytes(std::shared_ptr<ov::Model> model, const CompileOptions& options) {
  bool one_float_input = model->inputs().size() == 1 && model->input().get_element_type().is_real();
  std::string layout = one_float_input ? picture_layout(model->input().get_partial_shape()) : "";
  if (layout.empty()) return model;
  ov::preprocess::PrePostProcessor steps(model);
  auto& input = steps.input();
  input.tensor().set_element_type(ov::element::u8).set_layout(ov::Layout(layout));
  input.model().set_layout(ov::Layout(layout));
  bool scaled = options.mean != std::array<float, 3>{0, 0, 0} || options.scale != std::array<float, 3>{1, 1, 1};
  if (scaled) {
    input.preprocess()
        .convert_element_type(model->input().get_element_type())
        .mean({options.mean.begin(), options.mean.end()})
        .scale({options.scale.begin(), options.scale.end()});
  }
  return steps.build();
}

ov::hint::PerformanceMode to_mode(PerformanceHint hint) {
  switch (hint) {
    case PerformanceHint::latency:
      return ov::hint::PerformanceMode::LATENCY;
    case PerformanceHint::throughput:
      return ov::hint::PerformanceMode::THROUGHPUT;
    case PerformanceHint::cumulative_throughput:
      return ov::hint::PerformanceMode::CUMULATIVE_THROUGHPUT;
  }
  return ov::hint::PerformanceMode::THROUGHPUT;
}

ov::AnyMap to_properties(const std::string& device, const CompileOptions& options) {
  ov::AnyMap properties{ov::hint::performance_mode(to_mode(options.hint))};
  // Decoding, drawing and encoding share the cores with the engine: threads bound to a core would wait for
  // that core while another idles.
  if (device == "CPU") properties.insert(ov::hint::enable_cpu_pinning(false));
  if (options.requests > 0) properties.insert(ov::hint::num_requests(static_cast<std::uint32_t>(options.requests)));
  if (options.execution_streams > 0) properties.insert(ov::num_streams(ov::streams::Num(options.execution_streams)));
  if (options.threads > 0) properties.insert(ov::inference_num_threads(options.threads));
  if (options.precision) properties.insert(ov::hint::inference_precision(from_element_type(*options.precision)));
  if (!options.cache_dir.empty()) properties.insert(ov::cache_dir(options.cache_dir.string()));
  for (const auto& [name, value] : options.properties) properties[name] = value;
  return properties;
}

std::string unknown_input(const ov::Model& model, const std::map<std::string, Shape>& shapes) {
  std::string names;
  for (const auto& input : model.inputs()) detail::join(names, ", ", input.get_any_name());
  std::string asked;
  for (const auto& [name, shape] : shapes) detail::join(asked, ",", name + to_string(shape));
  return fmt::format("shape {}: the inputs of the model are {}", asked, names);
}

/// Errors: invalid_argument (a name or a rank that the model does not have).
Result<void> set_shapes(ov::Model& model, const std::map<std::string, Shape>& shapes) {
  std::map<ov::Output<ov::Node>, ov::PartialShape> wanted;
  for (const auto& input : model.inputs()) {
    auto named = [&](const auto& entry) {
      return entry.first.empty() ? model.inputs().size() == 1 : input.get_names().contains(entry.first);
    };
    auto shape = std::ranges::find_if(shapes, named);
    if (shape == shapes.end()) continue;
    wanted[input] = ov::PartialShape(std::vector<ov::Dimension>(shape->second.begin(), shape->second.end()));
  }
  if (wanted.size() < shapes.size()) return fail(ErrorCode::invalid_argument, unknown_input(model, shapes));
  model.reshape(wanted);
  return {};
}

void set_types(std::shared_ptr<ov::Model>& model, const CompileOptions& options) {
  ov::preprocess::PrePostProcessor steps(model);
  for (std::size_t i = 0; options.input_type && i < model->inputs().size(); ++i)
    steps.input(i).tensor().set_element_type(from_element_type(*options.input_type));
  for (std::size_t i = 0; options.output_type && i < model->outputs().size(); ++i)
    steps.output(i).tensor().set_element_type(from_element_type(*options.output_type));
  model = steps.build();
}

void set_batch(ov::Model& model, std::int64_t batch) {
  std::map<ov::Output<ov::Node>, ov::PartialShape> shapes;
  for (const auto& input : model.inputs()) {
    ov::PartialShape shape = input.get_partial_shape();
    if (shape.rank().is_static() && shape.rank().get_length() > 0) shape[0] = batch;
    shapes[input] = shape;
  }
  model.reshape(shapes);
}

/// An open batch is one picture, unless another was asked for: as in the other engines, requests have memory of a fixed
/// size. Errors: model_unusable (another dimension is open).
Result<void> close_batch(ov::Model& model) {
  std::map<ov::Output<ov::Node>, ov::PartialShape> shapes;
  for (const auto& input : model.inputs()) {
    ov::PartialShape shape = input.get_partial_shape();
    if (shape.is_static()) continue;
    if (shape.rank().is_static()) shape[0] = 1;
    if (shape.is_dynamic())
      return fail(ErrorCode::model_unusable,
                  fmt::format("input \"{}\" {} leaves its size open: give it one with --input-size WxH, or in bench "
                              "with -shape",
                              input.get_any_name(), to_string(to_shape(input.get_partial_shape()))));
    shapes[input] = shape;
  }
  if (!shapes.empty()) model.reshape(shapes);
  return {};
}

/// Empty, or why our Shape cannot hold the model's ports.
std::string rank_problem(const ov::Model& model) {
  auto too_many = [](const auto& port) {
    const ov::PartialShape& shape = port.get_partial_shape();
    return shape.rank().is_static() && shape.rank().get_length() > static_cast<std::int64_t>(Shape::kMaxRank);
  };
  bool bad = std::ranges::any_of(model.inputs(), too_many) || std::ranges::any_of(model.outputs(), too_many);
  return bad ? fmt::format("it has an input or output of more than {} dimensions", Shape::kMaxRank) : "";
}

/// OpenVINO's TensorFlow reader takes them for its own and prints its complaints to stderr.
bool is_torchscript(const fs::path& model) {
  return model.extension() == ".pt" || model.extension() == ".ts" || model.extension() == ".torchscript";
}

Engine* create(std::string& problem) {
  try {
    return new OpenVinoEngine;
  } catch (const std::exception& error) {
    problem = "OpenVINO did not start: " + first_line(error);
    return nullptr;
  }
}

}  // namespace

std::string OpenVinoEngine::version() const { return ov::get_openvino_version().buildNumber; }

std::vector<DeviceInfo> OpenVinoEngine::devices() const {
  std::vector<std::string> names;
  try {
    names = core_.get_available_devices();
  } catch (const std::exception&) {
    return {};  // OpenVINO is here, but none of its devices answers
  }
  std::vector<DeviceInfo> all;
  for (const std::string& name : names) {
    DeviceInfo device{name, name, {}};
    try {
      device.full_name = core_.get_property(name, ov::device::full_name);
      device.capabilities = core_.get_property(name, ov::device::capabilities);
    } catch (const std::exception&) {
      // a device that will not describe itself can still be asked for
    }
    all.push_back(std::move(device));
  }
  return all;
}

Result<std::shared_ptr<ov::Model>> OpenVinoEngine::read(const fs::path& path) {
  if (is_torchscript(path))
    return fail(ErrorCode::model_unusable,
                path.string() + ": OpenVINO does not read TorchScript models; device torch:CPU does");
  try {
    std::shared_ptr<ov::Model> model = core_.read_model(path.string());
    std::string problem = rank_problem(*model);
    if (!problem.empty()) return fail(ErrorCode::model_unusable, path.string() + ": " + problem);
    return model;
  } catch (const std::exception& error) {
    return fail(ErrorCode::model_unusable,
                fmt::format("{}: OpenVINO cannot read it: {}", path.string(), first_line(error)));
  }
}

Result<ModelInfo> OpenVinoEngine::read_model(const fs::path& path) {
  Result<std::shared_ptr<ov::Model>> model = read(path);
  if (!model) return fail(std::move(model.error()));
  ModelInfo info = to_model_info(path.stem().string(), (*model)->inputs(), (*model)->outputs());
  info.metadata = to_metadata((*model)->get_rt_info());
  return info;
}

Error OpenVinoEngine::compile_error(const fs::path& model, const std::string& device, const CompileOptions& options,
                                    const std::exception& error) const {
  std::string text = with_thread_remedy(first_line(error));
  auto all = devices();
  if (all.empty()) return {ErrorCode::device_unusable, fmt::format("OpenVINO finds no devices: {}", text)};
  if (std::ranges::find(all, device, &DeviceInfo::name) == all.end())
    return {ErrorCode::device_unusable, fmt::format("ov:{} is no device of this machine: {}", device, text)};
  if (!options.shapes.empty())
    return {ErrorCode::model_unusable,
            fmt::format("{}: ov:{} cannot compile it in that shape: {}", model.string(), device, text)};
  bool property = text.find("property") != std::string::npos || text.find("Property") != std::string::npos;
  if (property && !options.properties.empty())
    return {ErrorCode::invalid_argument, fmt::format("ov:{}: {}; check the -p options", device, text)};
  return {ErrorCode::model_unusable, fmt::format("{}: ov:{} cannot compile it: {}", model.string(), device, text)};
}

namespace {

/// Where OpenVINO gets some of its threads but not all, it ends the program: it lets go of those that run.
int threads_of(const CompileOptions& options) {
  constexpr int kOthers = 3;  // its callbacks', its main one, and one that compiles
  return kOthers + (options.execution_streams > 0 ? options.execution_streams : available_cores());
}

using CacheFiles = std::map<fs::path, fs::file_time_type>;

CacheFiles cached(const fs::path& folder) {
  CacheFiles files;
  std::error_code unreadable;
  for (fs::directory_iterator entry(folder, unreadable), end; entry != end; entry.increment(unreadable))
    if (entry->path().extension() == ".blob") files[entry->path()] = entry->last_write_time(unreadable);
  return files;
}

/// OpenVINO writes a damaged or outdated blob anew without a word. Which it was; empty if none.
std::string rebuilt(const CacheFiles& before, const fs::path& folder) {
  for (const auto& [file, written] : cached(folder)) {
    auto old = before.find(file);
    if (old != before.end() && old->second != written) return file.string();
  }
  return "";
}

}  // namespace

Result<std::shared_ptr<CompiledModel>> OpenVinoEngine::compile(const fs::path& path, const std::string& device,
                                                               const CompileOptions& options) {
  if (Result<void> enough = check_threads(threads_of(options)); !enough)
    return fail(enough.error().code, fmt::format("ov:{}: {}", device, enough.error().message));
  Result<std::shared_ptr<ov::Model>> model = read(path);
  if (!model) return fail(std::move(model.error()));
  try {
    if (Result<void> set = set_shapes(**model, options.shapes); !set) return fail(std::move(set.error()));
    if (options.batch > 0) set_batch(**model, options.batch);
    if (Result<void> closed = close_batch(**model); !closed)
      return fail(closed.error().code, path.string() + ": " + closed.error().message);
    if (options.input_type || options.output_type) set_types(*model, options);
    if (options.u8_input && !options.input_type) *model = take_bytes(*model, options);
    CacheFiles before = cached(options.cache_dir);
    ov::CompiledModel compiled = core_.compile_model(*model, device, to_properties(device, options));
    ModelInfo info = to_model_info(path.stem().string(), compiled.inputs(), compiled.outputs());
    info.metadata = to_metadata((*model)->get_rt_info());
    if (std::string file = rebuilt(before, options.cache_dir); !file.empty())
      info.metadata[kCacheNote] = kRebuilt + file + " is damaged or of another version";
    return std::make_shared<OpenVinoModel>(std::move(compiled), std::move(info), device);
  } catch (const std::exception& error) {
    return fail(compile_error(path, device, options, error));
  }
}

}  // namespace inflight::openvino

extern "C" const inflight::Plugin inflight_plugin{inflight::kPluginAbi, "ov", &inflight::openvino::create};
