// AUTO, MULTI, BATCH and PROCESS: compiled models over compiled models.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "inflight/engine.hpp"

namespace inflight {

/// A device that AUTO or MULTI may use: how it is called and how to compile the model for it. Compiling runs on
/// any thread, possibly side by side with others.
struct PoolCandidate {
  std::string device;  ///< as a device string
  std::function<Result<std::shared_ptr<CompiledModel>>(const CompileOptions&)> compile;
  bool gathers = false;  ///< runs requests together, so it shows what it can do only with many of them
};

/// AUTO: the first candidate that is ready serves; a better one takes over once it is warm and measures faster.
/// `candidates` by priority. Returns when the first is ready. Errors: device_unusable or model_unusable, with
/// the reason of every candidate.
Result<std::shared_ptr<CompiledModel>> make_auto(std::vector<PoolCandidate> candidates, const CompileOptions& options);

/// MULTI, cumulative throughput: requests go to all devices in proportion to their measured speed. Errors as above.
Result<std::shared_ptr<CompiledModel>> make_multi(std::vector<PoolCandidate> candidates, const CompileOptions& options);

/// BATCH: requests of all callers gather into batches (options.batching). `inner` compiles the model for a batch
/// size (CompileOptions::batch). Errors: model_unusable, saying why the model cannot be batched.
Result<std::shared_ptr<CompiledModel>> make_batch(PoolCandidate inner, const CompileOptions& options);

/// Batches by itself: `plain` serves at once, and BATCH over `inner` is compiled in the background once there is a
/// first result. It takes over if it measures faster, else it is let go. What was decided and why is an event of the
/// kind "batching". `plain` itself where its ports tell that it cannot be batched.
std::shared_ptr<CompiledModel> batch_if_faster(PoolCandidate inner, std::shared_ptr<CompiledModel> plain,
                                               const CompileOptions& options);

/// PROCESS: the model is compiled for `device`, a device string, in a process of its own. When that ends, what is in
/// flight there fails, and another is started. Errors: device_unusable; those of compile_model() there.
Result<std::shared_ptr<CompiledModel>> make_process(const std::filesystem::path& model, const std::string& device,
                                                    const CompileOptions& options);

/// Takes bytes where `inner` takes floats, and converts them: (byte − mean) / scale per channel of a picture.
/// `inner` itself if it takes bytes already or its input is no picture.
std::shared_ptr<CompiledModel> take_bytes(std::shared_ptr<CompiledModel> inner, const CompileOptions& options);

}  // namespace inflight
