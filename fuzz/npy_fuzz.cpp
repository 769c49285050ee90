// NumPy's files: a tensor that is read has as many elements as its shape says, and they are in the file.
#include "fuzzing.hpp"
#include "npy.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using inflight::fuzzing::require;
  inflight::fuzzing::MemoryFile file(inflight::fuzzing::text_of(data, size));
  auto tensor = inflight::read_npy(file.path());
  if (!tensor) {
    require(tensor.error().code == inflight::ErrorCode::unreadable_input, "the file is to blame");
    return 0;
  }
  const inflight::TensorView view = tensor->view();
  auto bytes = static_cast<long double>(size_of(view.type()));  // whole numbers might overflow
  for (std::int64_t dim : view.shape()) bytes *= static_cast<long double>(dim);
  require(bytes == static_cast<long double>(view.bytes()), "the shape is of the memory");
  require(view.bytes() <= size, "the elements are in the file");
  return 0;
}
