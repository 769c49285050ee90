// Bytes where a model takes floats.
#include <algorithm>
#include <array>
#include <vector>

#include "virtual_device.hpp"

namespace inflight {
namespace {

enum class Channels : std::uint8_t { none, planes, interleaved };

/// How the three channels of a picture lie in a tensor; none if it is no picture of floats.
Channels channels_of(const Port& port) {
  if (port.type != ElementType::f32 || port.shape.rank() != 4 || !port.shape.is_static()) return Channels::none;
  if (port.shape[1] == 3 && port.layout != "NHWC") return Channels::planes;
  if (port.shape[3] == 3 && port.layout != "NCHW") return Channels::interleaved;
  return Channels::none;
}

/// model input = (byte − mean) / scale. The loops are plain so that compilers vectorise them; the division stays a
/// division, because a product with the inverse rounds differently from what preprocessing in floats gives.
class ByteConverter {
 public:
  ByteConverter(Channels channels, const Shape& shape, const CompileOptions& options) : channels_(channels) {
    for (std::size_t i = 0; i < kBlock; ++i) {
      mean_[i] = options.mean[i % 3];
      scale_[i] = options.scale[i % 3];
    }
    std::size_t pictures = static_cast<std::size_t>(shape[0]);
    plane_ = pictures > 0 ? shape.elements() / pictures / 3 : 0;
  }

  void convert(const std::uint8_t* in, float* out, std::size_t count) const noexcept {
    if (channels_ == Channels::interleaved) return interleaved(in, out, count);
    for (std::size_t done = 0, channel = 0; done < count; done += plane_, channel = (channel + 1) % 3)
      plane(in + done, out + done, channel);
  }

 private:
  static constexpr std::size_t kBlock = 48;  // a multiple of 3 and of any vector's width

  void plane(const std::uint8_t* in, float* out, std::size_t channel) const noexcept {
    float mean = mean_[channel], scale = scale_[channel];
    for (std::size_t i = 0; i < plane_; ++i) out[i] = (static_cast<float>(in[i]) - mean) / scale;
  }

  void interleaved(const std::uint8_t* in, float* out, std::size_t count) const noexcept {
    for (; count >= kBlock; in += kBlock, out += kBlock, count -= kBlock)
      for (std::size_t i = 0; i < kBlock; ++i) out[i] = (static_cast<float>(in[i]) - mean_[i]) / scale_[i];
    for (std::size_t i = 0; i < count; ++i) out[i] = (static_cast<float>(in[i]) - mean_[i]) / scale_[i];
  }

  Channels channels_;
  std::size_t plane_;
  std::array<float, kBlock> mean_, scale_;  // by value, channels alternating
};

class ByteRequest final : public InferRequest {
 public:
  ByteRequest(std::unique_ptr<InferRequest> inner, const Port& port, const ByteConverter& converter)
      : inner_(std::move(inner)), converter_(converter), memory_(port.type, port.shape), bytes_(memory_) {}

  Result<TensorView> input(std::size_t port) override {
    Result<TensorView> floats = inner_->input(port);  // also refuses while busy
    if (port != 0 || !floats) return floats;
    bytes_ = memory_;
    return bytes_;
  }

  Result<void> set_input(std::size_t port, TensorView data) override {
    if (port != 0) return inner_->set_input(port, data);
    if (Result<TensorView> floats = inner_->input(0); !floats) return fail(std::move(floats.error()));
    TensorView mine = memory_;
    if (data.type() != mine.type() || !(data.shape() == mine.shape()) || !data.data())
      return fail(ErrorCode::invalid_argument, std::string("the picture must be u8") + to_string(mine.shape()));
    bytes_ = data;
    return {};
  }

  Result<void> start(Done done) override {
    Result<TensorView> floats = inner_->input(0);
    if (!floats) return fail(std::move(floats.error()));
    converter_.convert(bytes_.as<std::uint8_t>().data(), floats->as<float>().data(), bytes_.elements());
    return inner_->start(std::move(done));
  }

  Result<TensorView> output(std::size_t port) override { return inner_->output(port); }
  void cancel() noexcept override { inner_->cancel(); }

 private:
  const std::unique_ptr<InferRequest> inner_;
  const ByteConverter& converter_;  // of the model, which outlives its requests
  const Tensor memory_;
  TensorView bytes_;
};

class ByteModel final : public CompiledModel {
 public:
  ByteModel(std::shared_ptr<CompiledModel> inner, Channels channels, const CompileOptions& options)
      : inner_(std::move(inner)), info_(inner_->info()), converter_(channels, info_.inputs[0].shape, options) {
    info_.inputs[0].type = ElementType::u8;
  }

  const ModelInfo& info() const noexcept override { return info_; }
  RuntimeInfo runtime() const override { return inner_->runtime(); }
  int optimal_requests() const noexcept override { return inner_->optimal_requests(); }
  void flush() noexcept override { inner_->flush(); }
  Result<std::unique_ptr<InferRequest>> create_request() override {
    Result<std::unique_ptr<InferRequest>> inner = inner_->create_request();
    if (!inner) return inner;
    return std::make_unique<ByteRequest>(std::move(*inner), info_.inputs[0], converter_);
  }

 private:
  const std::shared_ptr<CompiledModel> inner_;
  ModelInfo info_;
  const ByteConverter converter_;
};

}  // namespace

std::shared_ptr<CompiledModel> take_bytes(std::shared_ptr<CompiledModel> inner, const CompileOptions& options) {
  const std::vector<Port>& inputs = inner->info().inputs;
  Channels channels = inputs.empty() ? Channels::none : channels_of(inputs[0]);
  if (channels == Channels::none) return inner;
  return std::make_shared<ByteModel>(std::move(inner), channels, options);
}

}  // namespace inflight
