// The life of a frame, end to end:
//
//   source → [credit taken] → preprocess → infer (in flight ≤ n) → postprocess → reorder → sinks → [credit returned]
//
// Results of one source come out in frame order; every frame ends in exactly one of emitted, dropped, failed.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "inflight/api.hpp"
#include "inflight/engine.hpp"
#include "inflight/media.hpp"
#include "inflight/report.hpp"
#include "inflight/vision.hpp"

namespace INFLIGHT_API inflight {

/// What the virtual devices of a detector told (AUTO, MULTI, BATCH), until a run takes it into its summary; the
/// first 1000 events since then. Thread-safe.
class DeviceLog {
 public:
  void add(DeviceEvent event);
  std::vector<DeviceEvent> take();

 private:
  static constexpr std::size_t kKept = 1000;
  std::mutex mutex_;
  std::vector<DeviceEvent> events_;
};

/// A model with its way in and its way out. Copies share all three, and a preprocessor is one thread's: no two
/// pipelines may run with copies of one detector at the same time.
struct Detector {
  std::shared_ptr<CompiledModel> model{};
  std::shared_ptr<Preprocessor> preprocessor{};
  std::shared_ptr<Postprocessor> postprocessor{};
  std::shared_ptr<DeviceLog> device_log{};  ///< nullptr: its devices tell nothing
  ModelInputs inputs{};
};

struct DetectorOptions {
  CompileOptions compile{};
  std::string decoder{};  ///< empty: recognised
  PostprocessOptions postprocess{};
  Size input_size{};  ///< of the model's input, where it can be chosen; {0,0}: as choose_input_size() says
  /// The size of the pictures to come. Asked only where a model leaves its size open and does not say which it wants;
  /// {0,0}, or empty: not known.
  std::function<Size()> picture_size{};
};

/// Of which family a model file is, for a device string, and what else is to be known of it: what make_detector()
/// goes by. Errors: those of parsing the string, read_model, choose_input_size and recognise; for a file that does not
/// tell its outputs, those of compile_model.
Result<ModelFamily> recognise_detector(const std::filesystem::path& model, const std::string& device = "CPU",
                                       const DetectorOptions& options = {});

/// Reads, recognises and compiles a detection model for a device string; where every device in it is simulated,
/// no file is read. Errors: those of recognise_detector, recognise_inputs, compile_model and make_preprocessor.
Result<Detector> make_detector(const std::filesystem::path& model, const std::string& device = "CPU",
                               const DetectorOptions& options = {});

/// One of several models that see every frame.
struct PipelineModel {
  std::string name{};  ///< of its results; no two alike
  Detector detector{};
};

/// A model that makes a row of numbers of a picture: an embedding, attributes.
struct FeatureModel {
  std::shared_ptr<CompiledModel> model{};
  std::shared_ptr<Preprocessor> preprocessor{};
  std::shared_ptr<DeviceLog> device_log{};  ///< nullptr: its devices tell nothing
};

/// Compiles a model with one image input; its outputs, one after the other, are the features.
/// Errors: those of compile_model and make_preprocessor.
Result<FeatureModel> make_feature_model(const std::filesystem::path& model, const std::string& device = "CPU",
                                        const CompileOptions& options = {}, const PreprocessOptions& how = {});

/// A second model for what the first has found: each box is cut out of the picture and given to it, and what it says
/// becomes the detection's `features`. All detections, frames and sources share it: on a BATCH device they gather.
struct Cascade {
  std::string name{};
  FeatureModel model{};
  std::string of{};                   ///< whose detections; empty: those of the first model
  std::vector<std::string> labels{};  ///< which of them; empty: all
};

/// sync: the notebook's loop, one request, one step after the other, on the calling thread.
enum class Api : std::uint8_t { sync, async };

/// How several models share the machine in an asynchronous run.
enum class Strategy : std::uint8_t {
  shared,     ///< all requests in one scheduler: so many inferences side by side, the oldest frames first
  threads,    ///< a thread for each model, which waits for its inference
  coroutines  ///< one frame after the other, its models side by side, awaited together
};

/// What becomes of a frame for which there is no credit.
enum class OverflowPolicy : std::uint8_t {
  wait,         ///< the source is not read until there is one
  drop_oldest,  ///< the oldest frame of the source that waits for inference goes; if none does, the new one
  drop_latest   ///< the new one goes
};

struct Progress {
  std::uint64_t read = 0;
  std::uint64_t done = 0;      ///< emitted, dropped or failed
  std::uint64_t expected = 0;  ///< 0: unknown
  double frames_per_second = 0;
  Duration elapsed{0};  ///< since run() began; stands still once it has ended
};

/// What all threads of a stage have done so far.
struct StageProgress {
  std::string name{};  ///< as in StageSummary
  std::uint64_t frames = 0;
  Duration busy{0};  ///< wall time, summed over its threads; of inference, over the requests
};

/// A source at one moment.
struct SourceStatus {
  SourceId id = 0;
  std::string name{};
  bool ended = false;
  FrameCounts frames{};
  std::map<std::string, std::uint64_t> events{};
};

/// A run at one moment, in full.
struct RunStatus {
  Progress progress{};
  FrameCounts frames{};    ///< ended so far; adds up only at the end
  Histogram end_to_end{};  ///< of the emitted ones
  std::vector<StageProgress> stages{};
  // Zero where a run is synchronous, or over:
  int requests = 0, in_flight = 0;                        ///< of the pool, and those that infer
  std::size_t frames_held = 0, most_frames = 0;           ///< credits taken, and those there are
  std::size_t bytes_held = 0, most_bytes = 0;             ///< the same in bytes of pixels
  std::size_t waiting_to_infer = 0, waiting_to_post = 0;  ///< frames in the queues between stages
  std::vector<SourceStatus> sources{};
};

/// How a source takes part.
struct SourceSetup {
  std::string name{};                          ///< in summaries; empty: SourceInfo::name
  std::vector<std::unique_ptr<Sink>> sinks{};  ///< of this source alone; finished when it has ended
  OverflowPolicy overflow = OverflowPolicy::wait;
  int priority = 0;     ///< frames of a higher one are inferred first; sources with the same one take turns
  Duration max_age{0};  ///< older than this, a frame is dropped before inference (deadline_exceeded); 0: never

  // Sinks have one owner.
  SourceSetup() = default;
  SourceSetup(SourceSetup&&) = default;
  SourceSetup& operator=(SourceSetup&&) = default;
};

struct PipelineOptions {
  Api api = Api::async;
  Strategy strategy = Strategy::shared;
  int requests = 0;  ///< of each model, in flight at most; 0: by measurement, a little more than optimal_requests()
  /// Strategy::shared: inferences side by side over all models. 0: where several models run on the processor, as many
  /// as the one with the most execution streams has of them; those on other devices do not count.
  int max_running = 0;
  bool keep_open = false;  ///< goes on when all sources have ended, since others may be added, until close()
  /// Pixels held between decoder and sinks, over all sources; each source may always hold one frame, and a
  /// frame larger than the one before it comes on top, since its size is not known before it is read.
  std::size_t max_frame_bytes = std::size_t{256} << 20;
  /// The same as a count. 0: found while the run goes on, for each source: a few more than requests, and more while
  /// the device is seen to wait for frames that wait for a credit.
  int max_frames = 0;
  Clock* clock = nullptr;  ///< nullptr: steady_clock()
  /// Told of every step of every frame, of every request and, at the end, of all events; it is started when run()
  /// begins and must outlive it. nullptr: nobody is told.
  TimelineRecorder* recorder = nullptr;
};

/// Build it, run it once. run() blocks; close(), stop(), progress(), status(), add_source() and remove_source() may
/// come from other threads meanwhile.
class Pipeline {
 public:
  Pipeline(Detector detector, PipelineOptions options = {});
  /// Several models for every frame. Their names and that of the cascade must differ.
  Pipeline(std::vector<PipelineModel> models, PipelineOptions options = {});
  Pipeline(Pipeline&&) noexcept;
  Pipeline& operator=(Pipeline&&) noexcept;
  ~Pipeline();

  void set_cascade(Cascade cascade);

  /// Returns the source's id. Sinks given here take only results of this source.
  SourceId add_source(std::unique_ptr<Source> source, std::vector<std::unique_ptr<Sink>> sinks = {});
  /// Also while the run goes on, where it is asynchronous: it is then read at once. One that comes when the run has
  /// ended, or is closing, is never read, and its sinks are finished.
  SourceId add_source(std::unique_ptr<Source> source, SourceSetup setup);
  /// Ends its reading; what it has given is finished, then its own sinks. The others go on. No effect on one that has
  /// ended.
  void remove_source(SourceId source) noexcept;
  /// A sink for the results of every source, in frame order within each.
  void add_sink(std::unique_ptr<Sink> sink);
  /// A function as a sink.
  void on_result(std::function<void(const FrameResult&)> function);

  /// Runs until every source has ended and every sink has finished. A source that ends badly, a frame that
  /// fails and a sink that fails are in the summary (`error`, `frames`, `events`), also where it failed by an
  /// exception; a failed sink closes the run. An error is returned only where nothing could run: invalid_argument
  /// where a part is missing, which may be added for another try; after any other the sinks have been finished.
  Result<RunSummary> run();

  /// No more input: what was read is finished.
  void close() noexcept;
  /// What runs is finished; what waits is dropped, and accounted as such.
  void stop() noexcept;
  Progress progress() const;
  /// As progress(), with all that metrics and reports want to know: some microseconds and 40 KB.
  RunStatus status() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// Looks at a run and at the machine ten times a second, on a thread of its own (else std::system_error). In bounded
/// memory: when there are too many samples, every other one goes, and from then on half as many are taken.
class RunSampler {
 public:
  /// `pipeline` must stay where it is until take(). `clock`: that of the run; nullptr: steady_clock().
  explicit RunSampler(const Pipeline& pipeline, Clock* clock = nullptr);
  RunSampler(RunSampler&&) noexcept;
  RunSampler& operator=(RunSampler&&) noexcept;
  ~RunSampler();

  /// Takes a last sample and ends.
  RunSamples take();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// Measures each stage alone, on up to `frames` frames of `source` (which is read), with the options of the
/// run to come: core-ms per stage, the engine's ceiling. `sink` may be nullptr.
struct Calibration {
  std::vector<StageSummary> stages{};  ///< with core_ms
  double ceiling_fps = 0;              ///< of the engine alone
  double limit_fps = 0;                ///< cores ÷ Σ core-seconds
  int cores = 0;                       ///< that this process may use
};
Result<Calibration> calibrate(const Detector& detector, Source& source, Sink* sink, const PipelineOptions& options,
                              int frames = 200);
/// The same for several models: preprocessing, inference and postprocessing are the sums over them, the ceiling that
/// of all of them one after the other.
Result<Calibration> calibrate(const std::vector<PipelineModel>& models, Source& source, Sink* sink,
                              const PipelineOptions& options);
/// Puts the calibrated numbers beside the measured ones: limit, efficiency, ceiling, core_ms.
void apply(const Calibration& calibration, RunSummary& summary);

}  // namespace INFLIGHT_API inflight
