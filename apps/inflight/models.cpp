#include "models.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "configuration.hpp"
#include "console.hpp"
#include "cpu_budget.hpp"
#include "inflight/detail/joined.hpp"
#include "inflight/measure.hpp"
#include "usage.hpp"

namespace inflight::app {
namespace {

namespace fs = std::filesystem;

/// "NAME=FILE --option …" in its parts. What exists as it is written is a file, whatever its name holds.
struct ModelText {
  std::string name, file, arguments;
};

ModelText split(const std::string& text) {
  ModelText parts;
  std::error_code ignored;
  std::size_t options = fs::exists(text, ignored) ? std::string::npos : text.find(" -");
  parts.file = text.substr(0, options);
  if (options != std::string::npos) parts.file.erase(parts.file.find_last_not_of(' ') + 1);
  if (options != std::string::npos) parts.arguments = text.substr(options + 1);
  std::size_t equals = parts.file.find('=');
  if (!fs::exists(parts.file, ignored) && equals != std::string::npos && equals > 0) {
    parts.name = parts.file.substr(0, equals);
    parts.file = parts.file.substr(equals + 1);
  }
  if (parts.name.empty()) parts.name = fs::path(parts.file).stem().string();
  return parts;
}

/// As people run it who set nothing: one inference has all cores, and ONNX Runtime's threads spin.
void use_engine_defaults(CompileOptions& compile, const std::string& device) {
  compile.hint = PerformanceHint::latency;
  if (device.find("ort:") == std::string::npos) return;
  compile.properties.try_emplace("intra_op_num_threads", "0");
  compile.properties.try_emplace("session.intra_op.allow_spinning", "1");
}

/// `streams`: of one thread each; 0: by the options.
Result<PipelineModel> make_model(const NamedModel& model, int streams, const OnDeviceEvent& told) {
  const Options& options = model.options;
  DetectorOptions how = options.detector;
  if (options.engine_defaults) use_engine_defaults(how.compile, options.device);
  if (streams > 0) how.compile.execution_streams = how.compile.threads = streams;
  if (told)
    how.compile.on_event = [told, before = how.compile.on_event](const DeviceEvent& event) {
      told(event);
      if (before) before(event);
    };
  std::string device = options.mode == Mode::processes ? "PROCESS:" + options.device : options.device;
  Result<Detector> detector = make_detector(options.model, device, how);
  if (!detector) return fail(std::move(detector.error()));
  return PipelineModel{model.name, std::move(*detector)};
}

/// Whose share of the processors is for us to choose: on the processor itself, and nothing said about threads.
bool is_shared(const Options& options) {
  const CompileOptions& compile = options.detector.compile;
  bool said = compile.execution_streams > 0 || compile.threads > 0 || !compile.properties.empty();
  return !options.engine_defaults && !said && options.device.ends_with("CPU") && !options.device.starts_with("AUTO") &&
         !options.device.starts_with("MULTI");
}

/// Median of a few inferences of whatever lies in the input.
Result<double> seconds_per_inference(CompiledModel& model) {
  constexpr std::size_t kTimes = 5;
  Result<std::unique_ptr<InferRequest>> request = model.create_request();
  if (!request) return fail(std::move(request.error()));
  if (Outcome warm = infer(**request); !warm) return fail(std::move(warm.error()));
  std::vector<double> times;
  for (std::size_t i = 0; i < kTimes; ++i) {
    Outcome outcome = infer(**request);
    if (!outcome) return fail(std::move(outcome.error()));
    times.push_back(to_seconds(outcome->infer_time));
  }
  std::ranges::nth_element(times, times.begin() + kTimes / 2);
  return times[kTimes / 2];
}

/// Processors among models by what each costs, measured.
class Budget {
 public:
  Budget(const std::vector<NamedModel>& named, const OnDeviceEvent& told) : named_(named), told_(told) {}

  Result<std::vector<PipelineModel>> make() {
    std::vector<PipelineModel> models;
    for (const NamedModel& model : named_) {
      Result<PipelineModel> one = make_model(model, is_shared(model.options) ? 1 : 0, told_);
      if (!one) return fail(std::move(one.error()));
      models.push_back(std::move(*one));
    }
    if (Result<void> shared = share(models); !shared) return fail(std::move(shared.error()));
    return models;
  }

 private:
  Result<void> share(std::vector<PipelineModel>& models) {
    const std::vector<std::optional<double>> costs = measure(models);
    const std::vector<double> shares = shares_of(costs);
    std::string told;
    for (std::size_t i = 0; i < models.size(); ++i) {
      if (!costs[i]) continue;
      if (Result<void> done = widen(models[i], i, shares[i]); !done) return done;
      detail::join(told, ", ",
                   fmt::format("{} {:.0f} % ({:.2f} ms)", models[i].name, 100 * shares[i], 1e3 * *costs[i]));
    }
    if (!told.empty() && !failed_)
      say(fmt::format("{} processor{}, by what an inference costs: {}", available_cores(),
                      available_cores() == 1 ? "" : "s", told));
    return {};
  }

  /// Seconds, of the models that share the processors; others have devices of their own. All alike where one cannot be
  /// measured: whether a device serves is for the run to find out, which accounts for what fails.
  std::vector<std::optional<double>> measure(std::vector<PipelineModel>& models) {
    std::vector<std::optional<double>> costs(models.size());
    for (std::size_t i = 0; i < models.size(); ++i) {
      if (!is_shared(named_[i].options)) continue;
      Result<double> cost = seconds_per_inference(*models[i].detector.model);
      costs[i] = cost.value_or(0);
      if (cost) continue;
      failed_ = true;
      say(fmt::format("{}: what it costs could not be measured ({}); the processors are shared equally", models[i].name,
                      cost.error().message));
    }
    for (std::optional<double>& cost : costs)
      if (cost && failed_) cost = 0;
    return costs;
  }

  void say(const std::string& text) const {
    if (!named_.front().options.quiet) tell("inflight: {}\n", redacted_text(text));
  }

  Result<void> widen(PipelineModel& model, std::size_t index, double share) {
    int streams = streams_for(share, available_cores());
    if (streams == 1) return {};
    Result<PipelineModel> wide = make_model(named_[index], streams, told_);
    if (!wide) return fail(std::move(wide.error()));
    model = std::move(*wide);
    return {};
  }

  const std::vector<NamedModel>& named_;
  const OnDeviceEvent& told_;
  bool failed_ = false;  // an inference did, while costs were measured
};

/// Labels that the first model knows; none where nobody can tell.
Result<void> check_labels(const Options& options) {
  if (options.on_labels.empty()) return {};
  Result<ModelFamily> family = recognise_detector(options.model, options.device, options.detector);
  if (!family || family->labels.empty()) return {};
  for (const std::string& label : options.on_labels) {
    if (std::ranges::find(family->labels, label) != family->labels.end()) continue;
    std::string like = nearest(label, family->labels);
    std::string known = family->labels.size() <= 10 ? fmt::format("; it has {}", detail::joined(family->labels, ", "))
                                                    : fmt::format("; it has {} labels", family->labels.size());
    return fail(ErrorCode::invalid_argument,
                fmt::format("--on {}: {} finds nothing of that name{}", label, options.model,
                            like.empty() ? known : "; did you mean " + like + "?"));
  }
  return {};
}

Result<Cascade> make_cascade(const Options& options, const NamedModel& first) {
  if (Result<void> ok = check_labels(first.options); !ok) return fail(std::move(ok.error()));
  ModelText parts = split(options.then);
  Options own = options;
  own.detector.input_size = {};  // of the models that see the whole picture
  own.device = options.then_device;
  if (own.device.empty())
    own.device = options.device.starts_with("BATCH:") ? options.device : "BATCH:" + options.device;
  if (!parts.arguments.empty()) {
    Result<Options> with = with_arguments(own, parts.arguments);
    if (!with) return fail({with.error().code, fmt::format("--then {}: {}", options.then, with.error().message)});
    own = std::move(*with);
  }
  if (Result<ModelInfo> info = read_model(parts.file)) {  // which tells by itself what is wrong with it, later
    Result<std::optional<InputSize>> size = choose_input_size(*info, own.detector.input_size, nullptr);
    if (!size) return fail(std::move(size.error()));
    if (*size) own.detector.compile.shapes = std::move((*size)->shapes);
  }
  Result<FeatureModel> model = make_feature_model(parts.file, own.device, own.detector.compile);
  if (!model) return fail(std::move(model.error()));
  return Cascade{parts.name, std::move(*model), first.name, options.on_labels};
}

}  // namespace

Result<std::vector<NamedModel>> named_models(const Options& options) {
  std::vector<NamedModel> all;
  std::vector<std::string> texts = options.models.empty() ? std::vector{options.model} : options.models;
  for (const std::string& text : texts) {
    ModelText parts = split(text);
    Options own = options;
    if (!parts.arguments.empty()) {
      Result<Options> with = with_arguments(options, parts.arguments);
      if (!with) return fail({with.error().code, fmt::format("-m '{}': {}", text, with.error().message)});
      own = std::move(*with);
    }
    own.model = parts.file;
    if (std::ranges::find(all, parts.name, &NamedModel::name) != all.end())
      return fail(ErrorCode::invalid_argument,
                  fmt::format("two models are named {}; name one otherwise: -m OTHER={}", parts.name, parts.file));
    all.push_back({std::move(parts.name), std::move(own)});
  }
  return all;
}

std::string model_file(const std::string& text) { return split(text).file; }

Result<Models> make_models(const Options& options, const OnDeviceEvent& told) {
  Result<std::vector<NamedModel>> named = named_models(options);
  if (!named) return fail(std::move(named.error()));
  Models made;
  if (named->size() > 1 && !options.engine_defaults) {
    Result<std::vector<PipelineModel>> shared = Budget(*named, told).make();
    if (!shared) return fail(std::move(shared.error()));
    made.models = std::move(*shared);
  } else {
    for (const NamedModel& model : *named) {
      Result<PipelineModel> one = make_model(model, 0, told);
      if (!one) return fail(std::move(one.error()));
      made.models.push_back(std::move(*one));
    }
  }
  if (options.then.empty()) return made;
  Result<Cascade> cascade = make_cascade(options, named->front());
  if (!cascade) return fail(std::move(cascade.error()));
  made.cascade = std::move(*cascade);
  return made;
}

}  // namespace inflight::app
