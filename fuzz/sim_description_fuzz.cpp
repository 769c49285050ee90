// What simulated devices are like: every description is refused or within the bounds that the engine relies on.
#include "fuzzing.hpp"
#include "sim_description.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using inflight::fuzzing::require;
  auto sim = inflight::parse_sim_description(std::string(inflight::fuzzing::text_of(data, size)));
  if (!sim) {
    require(sim.error().code == inflight::ErrorCode::invalid_argument, "the text is to blame");
    return 0;
  }
  inflight::Duration none{0};
  require(none <= sim->latency_low && sim->latency_low <= sim->latency_high, "latencies are a range");
  require(sim->per_item >= none && sim->first >= none && sim->load >= none, "times are not negative");
  require(sim->lanes > 0, "there is a lane");
  require(sim->fail_rate >= 0 && sim->fail_rate <= 1, "the share is one");
  require(!sim->name.empty(), "it has a name");
  for (const inflight::Port* port : {&sim->input, &sim->output})
    require(port->shape.is_static() && inflight::is_bearable(port->shape), "tensors can be made");
  return 0;
}
