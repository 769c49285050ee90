#include "providers.hpp"

#include <algorithm>
#include <array>
#include <fstream>

#include "convert.hpp"

namespace inflight::onnxruntime {
namespace {

using Options = std::map<std::string, std::string>;

struct Provider {
  std::string_view device;
  std::string_view provider;  ///< as GetAvailableProviders() has it
  std::string_view full_name;
  void (*add)(Ort::SessionOptions&, const CompileOptions&, Options);
};

struct Lists {
  explicit Lists(const Options& options) {
    for (const auto& [name, value] : options) {
      names.push_back(name.c_str());
      values.push_back(value.c_str());
    }
  }
  std::vector<const char*> names, values;
};

void add_cpu(Ort::SessionOptions&, const CompileOptions&, Options) {}  // every session ends with it

void add_cuda(Ort::SessionOptions& session, const CompileOptions&, Options properties) {
  OrtCUDAProviderOptionsV2* raw = nullptr;
  Ort::ThrowOnError(Ort::GetApi().CreateCUDAProviderOptions(&raw));
  std::unique_ptr<OrtCUDAProviderOptionsV2, decltype(OrtApi::ReleaseCUDAProviderOptions)> cuda(
      raw, Ort::GetApi().ReleaseCUDAProviderOptions);
  Lists lists(properties);
  Ort::ThrowOnError(
      Ort::GetApi().UpdateCUDAProviderOptions(raw, lists.names.data(), lists.values.data(), lists.names.size()));
  session.AppendExecutionProvider_CUDA_V2(*cuda);
}

/// Compiled engines are TensorRT's own affair, its cache too. What it does not take goes to CUDA.
void add_tensorrt(Ort::SessionOptions& session, const CompileOptions& options, Options properties) {
  if (options.precision == ElementType::f16) properties.emplace("trt_fp16_enable", "1");
  if (!options.cache_dir.empty()) {
    properties.emplace("trt_engine_cache_enable", "1");
    properties.emplace("trt_engine_cache_path", options.cache_dir.string());
  }
  OrtTensorRTProviderOptionsV2* raw = nullptr;
  Ort::ThrowOnError(Ort::GetApi().CreateTensorRTProviderOptions(&raw));
  std::unique_ptr<OrtTensorRTProviderOptionsV2, decltype(OrtApi::ReleaseTensorRTProviderOptions)> tensorrt(
      raw, Ort::GetApi().ReleaseTensorRTProviderOptions);
  Lists lists(properties);
  Ort::ThrowOnError(
      Ort::GetApi().UpdateTensorRTProviderOptions(raw, lists.names.data(), lists.values.data(), lists.names.size()));
  session.AppendExecutionProvider_TensorRT_V2(*tensorrt);
  Options cuda;
  if (auto device = properties.find("device_id"); device != properties.end()) cuda.insert(*device);
  add_cuda(session, options, cuda);
}

void add_openvino(Ort::SessionOptions& session, const CompileOptions& options, Options properties) {
  properties.emplace("device_type", "CPU");
  if (options.threads > 0) properties.emplace("num_of_threads", std::to_string(options.threads));
  if (options.execution_streams > 0) properties.emplace("num_streams", std::to_string(options.execution_streams));
  if (!options.cache_dir.empty()) properties.emplace("cache_dir", options.cache_dir.string());
  if (options.precision) properties.emplace("precision", *options.precision == ElementType::f16 ? "FP16" : "FP32");
  session.AppendExecutionProvider_OpenVINO_V2({properties.begin(), properties.end()});
}

constexpr std::array<Provider, 4> kProviders{{
    {"CPU", "CPUExecutionProvider", "", add_cpu},
    {"CUDA", "CUDAExecutionProvider", "NVIDIA GPU through CUDA", add_cuda},
    {"TensorRT", "TensorrtExecutionProvider", "NVIDIA GPU through TensorRT", add_tensorrt},
    {"OpenVINO", "OpenVINOExecutionProvider", "OpenVINO inside ONNX Runtime", add_openvino},
}};

}  // namespace

std::string cpuinfo(std::string_view field, std::string_view otherwise) {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (std::size_t colon = line.find(": "); line.starts_with(field) && colon != std::string::npos)
      return line.substr(colon + 2);
  return std::string(otherwise);
}

std::vector<DeviceInfo> list_devices() {
  std::vector<std::string> available = Ort::GetAvailableProviders();
  std::vector<DeviceInfo> devices;
  for (const Provider& known : kProviders) {
    if (std::ranges::find(available, known.provider) == available.end()) continue;
    bool cpu = known.device == "CPU";
    devices.push_back(
        {std::string(known.device), cpu ? cpuinfo("model name", "CPU") : std::string(known.full_name),
         cpu ? std::vector<std::string>{"FP32", "INT8"} : std::vector<std::string>{"FP32", "FP16", "INT8"}});
  }
  return devices;
}

void add_provider(Ort::SessionOptions& session, const std::string& device, const CompileOptions& options,
                  const std::map<std::string, std::string>& properties) {
  std::ranges::find(kProviders, device, &Provider::device)->add(session, options, properties);
}

}  // namespace inflight::onnxruntime
