// A frame made ready for several models.
#pragma once

#include <optional>
#include <vector>

#include "inflight/pipeline.hpp"
#include "inflight/tensor.hpp"

namespace inflight {

/// Models that want the same bytes of a picture get them from one preprocessing. One thread at a time.
class FramePreprocessing {
 public:
  /// `models` must outlive it.
  explicit FramePreprocessing(const std::vector<PipelineModel>& models);

  /// The next picture is another one.
  void begin_frame() noexcept;
  /// Writes `picture` into the inputs of `request`, which is one of model number `model`.
  Result<SourceTransform> run(std::size_t model, const Picture& picture, InferRequest& request);

 private:
  /// What several models share. Copied from memory of its own: that of a request goes with the request.
  struct Shared {
    Tensor bytes;
    Preprocessor* preprocessor = nullptr;
    std::optional<SourceTransform> made;  ///< of this frame
  };
  Result<SourceTransform> copy(Shared& shared, std::size_t model, const Picture& picture, InferRequest& request);

  const std::vector<PipelineModel>& models_;
  std::vector<std::optional<std::size_t>> shared_by_;  // by model
  std::vector<Shared> shared_;
};

}  // namespace inflight
