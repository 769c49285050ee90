#include "loader.hpp"

#include <fmt/format.h>
#include <onnxruntime_session_options_config_keys.h>

#include "cache.hpp"
#include "plugin.hpp"
#include "providers.hpp"
#include "session_options.hpp"

namespace inflight::onnxruntime {
namespace {

namespace fs = std::filesystem;
using Overrides = std::map<std::string, std::int64_t>;

std::string target(const LoadRequest& request) { return "ort:" + request.device; }

tl::unexpected<Error> unusable(const fs::path& model, const std::string& why) {
  return fail(ErrorCode::model_unusable, fmt::format("{}: {}", model.string(), why));
}

Result<void> add_device(Ort::SessionOptions& session, const LoadRequest& request,
                        const std::map<std::string, std::string>& properties) {
  if (request.device == "CPU" && !properties.empty())
    return fail(ErrorCode::invalid_argument,
                fmt::format("{} has no property \"{}\"", target(request), properties.begin()->first));
  try {
    add_provider(session, request.device, request.options, properties);
    return {};
  } catch (const Ort::Exception& error) {
    std::string text = one_line(error);
    for (const auto& [name, value] : properties)
      if (text.find(name) != std::string::npos)
        return fail(ErrorCode::invalid_argument,
                    fmt::format("{}: property {}={}: {}", target(request), name, value, text));
    return fail(ErrorCode::device_unusable, fmt::format("{} cannot be used: {}", target(request), text));
  }
}

Result<Ort::SessionOptions> make_options(const LoadRequest& request, const Overrides& overrides) {
  std::map<std::string, std::string> others;
  auto session = make_session_options(request.schedule, request.options.properties, others);
  if (!session) return session;
  if (Result<void> added = add_device(*session, request, others); !added) return fail(std::move(added.error()));
  for (const auto& [name, size] : overrides)
    Ort::ThrowOnError(Ort::GetApi().AddFreeDimensionOverrideByName(*session, name.c_str(), size));
  return session;
}

/// The batch, for the dimensions where a batch stands and that have a name by which they can be fixed.
Overrides batch_overrides(const Description& model, std::int64_t batch) {
  Overrides overrides;
  for (const OpenDimension& open : model.open)
    if (open.axis == 0 && !open.name.empty()) overrides[open.name] = std::max<std::int64_t>(batch, 1);
  return overrides;
}

std::string to_text(const Description& model, const OpenDimension& open) {
  std::string name = open.name.empty() ? "" : fmt::format(" (\"{}\")", open.name);
  return fmt::format("dimension {}{} of input \"{}\"", open.axis, name, model.info.inputs[open.input].name);
}

/// The shape that was asked for, or nullptr.
const Shape* wanted_shape(const LoadRequest& request, const ModelInfo& model, const Port& port) {
  const auto& shapes = request.options.shapes;
  auto named = shapes.find(port.name);
  if (named == shapes.end() && model.inputs.size() == 1) named = shapes.find("");
  return named == shapes.end() ? nullptr : &named->second;
}

/// The shapes that were asked for, where the model leaves its dimensions open by name.
Overrides shape_overrides(const LoadRequest& request, const Description& model) {
  Overrides overrides = batch_overrides(model, request.options.batch);
  for (const OpenDimension& open : model.open) {
    const Shape* shape = wanted_shape(request, model.info, model.info.inputs[open.input]);
    if (shape && open.axis < shape->rank() && !open.name.empty() && (open.axis > 0 || request.options.batch == 0))
      overrides[open.name] = (*shape)[open.axis];
  }
  return overrides;
}

/// Errors: invalid_argument, where the model as it was opened is not of the shapes and types that were asked for.
Result<void> check_ports(const LoadRequest& request, const ModelInfo& model) {
  for (const auto& [name, shape] : request.options.shapes) {
    bool known = name.empty() ? model.inputs.size() == 1 : std::ranges::count(model.inputs, name, &Port::name) > 0;
    if (!known)
      return fail(ErrorCode::invalid_argument,
                  fmt::format("shape {}{}: the model has no such input", name, to_string(shape)));
  }
  for (const Port& port : model.inputs) {
    const Shape* shape = wanted_shape(request, model, port);
    Shape wanted = shape ? *shape : port.shape;
    if (request.options.batch > 0 && wanted.rank() > 0) wanted[0] = request.options.batch;
    if (shape && wanted != port.shape)
      return fail(ErrorCode::invalid_argument,
                  fmt::format("{}: input \"{}\" is {}, not {}: ONNX Runtime changes only dimensions that the model "
                              "leaves open; ov:CPU reshapes others, too",
                              request.model.string(), port.name, to_string(port.shape), to_string(wanted)));
  }
  auto same = [](const std::optional<ElementType>& type) {
    return [&type](const Port& p) { return !type || p.type == *type; };
  };
  if (std::ranges::all_of(model.inputs, same(request.options.input_type)) &&
      std::ranges::all_of(model.outputs, same(request.options.output_type)))
    return {};
  return fail(
      ErrorCode::invalid_argument,
      fmt::format("{}: ONNX Runtime takes and gives what the model says, {} in and {} out; ov:CPU converts",
                  target(request), to_string(model.inputs.front().type), to_string(model.outputs.front().type)));
}

/// Gives every input a fixed shape: where a dimension has no name by which it could be fixed, it is whatever the inputs
/// say. Or tells what is open.
Result<ModelInfo> fix_shapes(const LoadRequest& request, Description model) {
  std::int64_t batch = request.options.batch;
  for (const OpenDimension& open : model.open) {
    Port& port = model.info.inputs[open.input];
    const Shape* asked = wanted_shape(request, model.info, port);
    if (asked && open.axis < asked->rank())
      port.shape[open.axis] = (*asked)[open.axis];
    else if (open.axis != 0)
      return unusable(request.model,
                      fmt::format("{} is open: give the input a size with --input-size WxH, or in bench with -shape{}",
                                  to_text(model, open),
                                  open.name.empty() ? "" : ", or set property free_dimension_override." + open.name));
    if (open.axis == 0 && (batch > 0 || port.shape[0] < 0)) port.shape[0] = std::max<std::int64_t>(batch, 1);
  }
  for (const Port& port : model.info.inputs)
    if (batch > 0 && port.shape.rank() > 0 && port.shape[0] != batch)
      return unusable(
          request.model,
          fmt::format("input \"{}\" has a fixed batch of {}, {} was asked for: export the model with an open batch",
                      port.name, port.shape[0], batch));
  return model.info;
}

struct Opened {
  Ort::Session session;
  Description model;
};

Result<Opened> describe_opened(const LoadRequest& request, Ort::Session session) {
  Result<Description> model = describe(request.model.stem().string(), session);
  if (!model) return unusable(request.model, model.error().message);
  return Opened{std::move(session), std::move(*model)};
}

/// Optimises the model; writes the outcome to `draft`, unless that is empty.
Result<Opened> open_model(const Ort::Env& env, const LoadRequest& request, const Overrides& overrides,
                          const fs::path& draft) {
  Result<Ort::SessionOptions> options = make_options(request, overrides);
  if (!options) return fail(std::move(options.error()));
  if (!draft.empty()) {
    options->SetOptimizedModelFilePath(draft.c_str());
    options->AddConfigEntry(kOrtSessionOptionsConfigSaveModelFormat, "ORT");
  }
  try {
    return describe_opened(request, Ort::Session(env, request.model.c_str(), *options));
  } catch (const Ort::Exception& error) {
    return unusable(request.model, fmt::format("{} cannot compile it: {}", target(request), one_line(error)));
  }
}

Result<LoadedSession> finish(const LoadRequest& request, Result<Opened> opened) {
  if (!opened) return fail(std::move(opened.error()));
  Result<ModelInfo> info = fix_shapes(request, std::move(opened->model));
  if (!info) return fail(std::move(info.error()));
  if (Result<void> fits = check_ports(request, *info); !fits) return fail(std::move(fits.error()));
  return LoadedSession{std::move(opened->session), std::move(*info)};
}

Result<LoadedSession> build(const Ort::Env& env, const LoadRequest& request, const fs::path& draft) {
  Result<Opened> opened = open_model(env, request, {}, draft);
  if (!opened) return fail(std::move(opened.error()));
  // Fixed before the optimiser runs, so that outputs get fixed shapes, too. Only the model knows the names.
  Overrides overrides = shape_overrides(request, opened->model);
  if (!overrides.empty()) opened = open_model(env, request, overrides, draft);
  return finish(request, std::move(opened));
}

Result<LoadedSession> load_cached(const Ort::Env& env, const LoadRequest& request, const CacheEntry& entry) {
  Result<std::string> bytes = entry.load();
  if (!bytes) return fail(std::move(bytes.error()));
  Result<Ort::SessionOptions> options = make_options(request, {});
  if (!options) return fail(std::move(options.error()));
  options->SetGraphOptimizationLevel(ORT_DISABLE_ALL);  // it is optimised
  options->AddConfigEntry(kOrtSessionOptionsConfigLoadModelFormat, "ORT");
  try {
    Result<LoadedSession> loaded =
        finish(request, describe_opened(request, Ort::Session(env, bytes->data(), bytes->size(), *options)));
    if (loaded) loaded->info.metadata[kCacheNote] = "loaded " + entry.path().string();
    return loaded;
  } catch (const Ort::Exception& error) {
    return fail(ErrorCode::unreadable_input, fmt::format("{} is damaged: {}", entry.path().string(), one_line(error)));
  }
}

Result<LoadedSession> build_and_store(const Ort::Env& env, const LoadRequest& request, const CacheEntry& entry) {
  Result<fs::path> draft = entry.make_draft();
  Result<LoadedSession> built = build(env, request, draft.value_or(fs::path()));
  if (!draft) {
    if (built) built->info.metadata[kCacheNote] = "not stored: " + draft.error().message;
    return built;
  }
  Result<void> stored = built ? entry.store(*draft) : fail(Error{});
  std::error_code gone;
  fs::remove(*draft, gone);
  if (!built) built = build(env, request, {});  // a full disk must not fail it; a bad model fails again
  if (!built) return built;
  built->info.metadata[kCacheNote] = stored ? "stored " + entry.path().string()
                                            : fmt::format("not stored: {} cannot be written", entry.path().string());
  return built;
}

/// All that changes what the optimiser makes of a model, besides the model.
std::string made_with(const LoadRequest& request) {
  std::string text = fmt::format("{}|{}|{}|{}|{}", request.library_version, cpuinfo("model name", ""),
                                 cpuinfo("flags", ""), request.device, request.options.batch);
  for (const auto& [name, shape] : request.options.shapes) text += fmt::format("|{}{}", name, to_string(shape));
  for (const auto& [name, value] : request.options.properties) text += fmt::format("|{}={}", name, value);
  return text;
}

/// TensorRT and OpenVINO keep caches of their own; CUDA's start-up is not the optimiser's.
bool uses_cache(const LoadRequest& request) {
  return !request.options.cache_dir.empty() && request.device == "CPU" && request.model.extension() == ".onnx";
}

}  // namespace

Result<LoadedSession> load_session(const Ort::Env& env, const LoadRequest& request) {
  if (!uses_cache(request)) return build(env, request, {});
  auto entry = CacheEntry::of(request.options.cache_dir, request.model, made_with(request));
  if (!entry) {
    Result<LoadedSession> built = build(env, request, {});
    if (built) built->info.metadata[kCacheNote] = "not stored: the model's weights lie in other files";
    return built;
  }
  if (!entry->exists()) return build_and_store(env, request, *entry);
  Result<LoadedSession> loaded = load_cached(env, request, *entry);
  if (loaded) return loaded;
  Result<LoadedSession> built = build_and_store(env, request, *entry);
  if (built) {
    std::string& note = built->info.metadata[kCacheNote];
    note = fmt::format("{}{}; {}", kRebuilt, loaded.error().message, note);
  }
  return built;
}

Result<Description> inspect(const Ort::Env& env, const fs::path& model) {
  try {
    Ort::SessionOptions options;
    options.SetIntraOpNumThreads(1).SetGraphOptimizationLevel(ORT_DISABLE_ALL);
    options.AddConfigEntry(kOrtSessionOptionsConfigDisablePrepacking, "1");
    Result<Description> found = describe(model.stem().string(), Ort::Session(env, model.c_str(), options));
    if (!found) return unusable(model, found.error().message);
    return found;
  } catch (const Ort::Exception& error) {
    return unusable(model, "ONNX Runtime cannot read it: " + one_line(error));
  }
}

}  // namespace inflight::onnxruntime
