// The contract everything hangs on: Engine → CompiledModel → InferRequest.
//
// Engines adapt inference runtimes. AUTO, BATCH, tracing and the like are CompiledModels over
// CompiledModels, so whatever uses a model need not know which of them it has.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "inflight/api.hpp"
#include "inflight/callback.hpp"
#include "inflight/clock.hpp"
#include "inflight/result.hpp"
#include "inflight/tensor.hpp"

namespace INFLIGHT_API inflight {

/// One input or output of a model.
struct Port {
  std::string name{};
  ElementType type = ElementType::f32;
  Shape shape{};
  std::string layout{};  ///< "NCHW", "NHWC", … where the model says; else empty
};

/// What a model file says of itself, without compiling it.
struct ModelInfo {
  std::string name{};
  std::vector<Port> inputs{};
  std::vector<Port> outputs{};
  std::map<std::string, std::string> metadata{};  ///< as the format keeps it: rt_info, custom metadata
};

/// What the engine should be tuned for. The names and meanings of OpenVINO's PERFORMANCE_HINT.
enum class PerformanceHint : std::uint8_t { latency, throughput, cumulative_throughput };
/// "latency", "throughput", "cumulative_throughput". Points to static storage.
const char* to_string(PerformanceHint hint) noexcept;

/// Something that a virtual device (AUTO, MULTI, BATCH) did or met.
struct DeviceEvent {
  TimePoint at{};
  std::string kind{};    ///< compiling, ready, serving, switched, failed, readmitted, batching, rebuilt
  std::string device{};  ///< as a device string, e.g. "ort:CPU"
  std::string text{};    ///< for people: times, measured speeds, reasons
  std::optional<double> inferences_per_second{};  ///< where it was measured
};

/// How requests are gathered into batches (BATCH devices).
struct BatchPolicy {
  int max_size = 0;  ///< 0: the size in the device string, else by measurement
  /// The longest that the oldest request of a batch waits for company. OpenVINO's AUTO_BATCH_TIMEOUT.
  Duration max_delay = std::chrono::milliseconds(5);
};

/// How long the process of a model (PROCESS devices) may take to answer, before it is ended as hung and another one
/// is started. 0: no limit.
struct ProcessPolicy {
  /// For an inference. Negative: 20 times the slowest seen, and 30 s at least (2 min before the first answer).
  Duration answer_time{-1};
  Duration compile_time = std::chrono::minutes(10);  ///< for compiling the model
};

struct CompileOptions {
  PerformanceHint hint = PerformanceHint::throughput;
  int requests = 0;                          ///< how many will be in flight (PERFORMANCE_HINT_NUM_REQUESTS); 0: unknown
  int execution_streams = 0;                 ///< inferences the engine runs side by side; 0: by the hint
  int threads = 0;                           ///< CPU threads of the engine, all streams together; 0: by the CPU budget
  std::int64_t batch = 0;                    ///< reshape the model to this batch; 0: as it is
  std::map<std::string, Shape> shapes{};     ///< reshape inputs, by name; "": the only one. Before `batch`
  std::optional<ElementType> input_type{};   ///< of all inputs, converted inside the graph; nullopt: by u8_input
  std::optional<ElementType> output_type{};  ///< of all outputs, converted inside the graph; nullopt: the model's
  std::optional<ElementType> precision{};    ///< of the computation; nullopt: the engine's default
  /// Take 8-bit pictures and convert them inside the engine's graph, where the engine can: the input port
  /// of the compiled model then says u8. An engine that cannot leaves the port as the model has it.
  bool u8_input = true;
  /// Folded into the graph with u8_input: model input = (pixel − mean) / scale, per channel.
  std::array<float, 3> mean{0, 0, 0};
  std::array<float, 3> scale{1, 1, 1};
  std::filesystem::path cache_dir{};                ///< where compiled models are kept; empty: nowhere
  std::map<std::string, std::string> properties{};  ///< the engine's own, by its own names; these win
  BatchPolicy batching{};                           ///< of BATCH devices
  ProcessPolicy process{};                          ///< of PROCESS devices
  /// BATCH where it measures as a gain, under the throughput hint, for a device that is named (ALLOW_AUTO_BATCHING).
  /// Tried in the background, at the price of memory for the model in further batch sizes. nullopt: on GPUs only.
  std::optional<bool> auto_batching{};
  /// Told what virtual devices do, on any thread, one call at a time; must not block. May be empty.
  std::function<void(const DeviceEvent&)> on_event{};
  Clock* clock = nullptr;  ///< for engines that simulate time; nullptr: steady_clock()
};

/// How one inference went.
struct Served {
  std::string_view device{};  ///< what ran it, e.g. "ov:CPU"; lives as long as the CompiledModel
  int batch = 1;              ///< how many requests ran together
  Duration infer_time{0};     ///< from start() to completion
};
using Outcome = Result<Served>;

/// What one operation of a model cost in one inference.
struct OperationTime {
  std::string name{};
  std::string type{};    ///< as the engine calls it: "Convolution"
  std::string kernel{};  ///< what the engine ran: "brgconv_avx512_I8"
  std::string status{};  ///< "EXECUTED", "NOT_RUN", "OPTIMIZED_OUT"
  Duration real_time{0};
  Duration cpu_time{0};
};

/// Told once how a request ended. Runs on a thread of the engine: it must return quickly, must not block
/// or throw, and must not destroy the request. It may start the request again.
using Done = Callback<void(Outcome)>;

/// One reusable inference with its own input and output memory. Owned and used by one thread at a time,
/// save cancel(), which may come from anywhere. Destroying a request that is in flight waits for it.
class InferRequest {
 public:
  virtual ~InferRequest() = default;

  /// The request's own input memory, to write into while it is idle; contents survive an inference. It is
  /// what the request reads from now on, whatever set_input() said. Errors: invalid_argument (no such port), busy.
  virtual Result<TensorView> input(std::size_t port) = 0;

  /// Lets the request read `data` instead of its own memory, until input() is asked for it again; without a
  /// copy where the engine can. `data` must match the port and live until the last inference that reads it has
  /// completed. Errors: invalid_argument, busy.
  virtual Result<void> set_input(std::size_t port, TensorView data) = 0;

  /// Begins the inference. After success `done` runs exactly once, with the outcome, when the request is
  /// idle again. After an error `done` never runs and the request stays as it was.
  /// Errors: busy, engine_failed.
  virtual Result<void> start(Done done) = 0;

  /// The results of the last successful inference, valid until the next start().
  /// Errors: invalid_argument (no such port), busy.
  virtual Result<TensorView> output(std::size_t port) = 0;

  /// Asks for the inference in flight to be given up. `done` still runs once: with `cancelled`, or with
  /// the result if it came first. No effect on an idle request. Never blocks.
  virtual void cancel() noexcept = 0;

  /// What the operations of the last inference cost, in the order of execution. Engines that can tell do so where the
  /// model was compiled for it (OpenVINO: property PERF_COUNT=YES). Errors: invalid_argument (it cannot tell), busy.
  virtual Result<std::vector<OperationTime>> operation_times() {
    return fail(ErrorCode::invalid_argument, "this device does not tell what single operations cost");
  }
};

/// What a compiled model really runs on.
struct RuntimeInfo {
  std::string engine{};     ///< "ov", "ort", "torch", "sim"
  std::string device{};     ///< "ov:CPU", …: as a device string
  std::string precision{};  ///< "f32", "bf16", …: that of the computation
  int execution_streams = 1;
};

/// A model ready for a device. Thread-safe. Must outlive its requests: hold it by shared_ptr.
class CompiledModel {
 public:
  virtual ~CompiledModel() = default;
  /// Ports as compiled: the input type here is what requests take.
  virtual const ModelInfo& info() const noexcept = 0;
  virtual RuntimeInfo runtime() const = 0;
  /// How many requests keep the device busy, ≥ 1. May change while it runs (a switch of devices).
  virtual int optimal_requests() const noexcept = 0;
  virtual Result<std::unique_ptr<InferRequest>> create_request() = 0;
  /// No further request is to be expected soon: those that wait to be gathered into a batch wait no longer.
  virtual void flush() noexcept {}
};

struct DeviceInfo {
  std::string name{};                       ///< as in device strings, without the engine: "CPU", "GPU.0"
  std::string full_name{};                  ///< as the hardware calls itself
  std::vector<std::string> capabilities{};  ///< "FP32", "BF16", "INT8", …
};

/// An adaptor to one inference runtime. Thread-safe.
class Engine {
 public:
  virtual ~Engine() = default;
  virtual std::string_view name() const noexcept = 0;  ///< "ov", "ort", "torch", "sim"
  virtual std::string version() const = 0;
  virtual std::vector<DeviceInfo> devices() const = 0;
  /// Errors: model_unusable, naming the file and the reason.
  virtual Result<ModelInfo> read_model(const std::filesystem::path& model) = 0;
  /// `device` is a name from devices(), or, for a simulated engine, its description.
  /// Errors: model_unusable, device_unusable, invalid_argument (a property).
  virtual Result<std::shared_ptr<CompiledModel>> compile(const std::filesystem::path& model, const std::string& device,
                                                         const CompileOptions& options) = 0;
};

/// An engine that was looked for, found or not.
struct EngineStatus {
  std::string name{};
  std::shared_ptr<Engine> engine{};  ///< nullptr: not usable
  std::string where{};               ///< the plugin's path, or "built in"; empty: not found
  std::string problem{};             ///< why it is not usable, naming what was looked for
};

/// Every known engine. Plugins are loaded on the first call, from $INFLIGHT_PLUGIN_PATH (a colon-separated
/// list of folders) and the folder installed with the library. Thread-safe.
const std::vector<EngineStatus>& engines();

/// Compiles for a device string: "CPU" (the first engine that offers it), "ov:CPU", "sim:latency=5ms".
/// Errors: device_unusable, listing the devices there are; those of Engine::compile.
Result<std::shared_ptr<CompiledModel>> compile_model(const std::filesystem::path& model,
                                                     const std::string& device = "CPU",
                                                     const CompileOptions& options = {});

/// Reads a model's ports with the first engine that understands the file.
/// Errors: model_unusable, with the reason of each engine that tried.
Result<ModelInfo> read_model(const std::filesystem::path& model);

}  // namespace INFLIGHT_API inflight
