// The server, by prometheus-cpp.
#include <fmt/format.h>
#include <netdb.h>
#include <prometheus/collectable.h>
#include <prometheus/exposer.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <mutex>

#include "metrics.hpp"
#include "metrics_families.hpp"

namespace inflight::app {
namespace {

struct Address {
  std::string host;  ///< empty: all
  std::string port;
};

Result<Address> parse(const std::string& text) {
  std::size_t colon = text.rfind(':');
  Address address{colon == std::string::npos ? "" : text.substr(0, colon), text.substr(colon + 1)};  // npos + 1 is 0
  int port = -1;
  auto [end, error] = std::from_chars(address.port.data(), address.port.data() + address.port.size(), port);
  bool whole = error == std::errc() && end == address.port.data() + address.port.size();
  if (whole && port >= 0 && port <= 65535 && colon != 0) return address;
  return fail(ErrorCode::invalid_argument,
              fmt::format("--metrics {}: write it as PORT or ADDRESS:PORT, with a port from 0 to 65535", text));
}

/// Why nothing can be served there: the server does not tell.
std::string why_not(const Address& address) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const char* host = address.host.empty() ? nullptr : address.host.c_str();
  if (int code = getaddrinfo(host, address.port.c_str(), &hints, &found); code != 0) return gai_strerror(code);
  int socket = ::socket(found->ai_family, found->ai_socktype, found->ai_protocol);
  int yes = 1;
  setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  bool bound = socket >= 0 && ::bind(socket, found->ai_addr, found->ai_addrlen) == 0;
  std::string reason = bound ? "the server does not start" : std::strerror(errno);
  if (socket >= 0) ::close(socket);
  freeaddrinfo(found);
  return reason;
}

/// What is told at the moment. Asked on threads of the server.
class Watched final : public prometheus::Collectable {
 public:
  void add(const DeviceEvent& event) {
    std::lock_guard lock(mutex_);
    ++events_[{event.kind, event.device}];
  }

  void set(const Pipeline* pipeline, std::shared_ptr<CompiledModel> model) {
    std::lock_guard lock(mutex_);
    pipeline_ = pipeline;
    model_ = std::move(model);
  }

  std::vector<prometheus::MetricFamily> Collect() const override {
    std::lock_guard lock(mutex_);  // held while the pipeline is asked, so that it cannot go meanwhile
    std::vector<prometheus::MetricFamily> families;
    if (pipeline_) families = families_of(pipeline_->status());
    if (model_) families.push_back(family_of(model_->runtime()));
    families.push_back(family_of(events_));
    return families;
  }

 private:
  mutable std::mutex mutex_;
  EventCounts events_;
  const Pipeline* pipeline_ = nullptr;
  std::shared_ptr<CompiledModel> model_;
};

class PrometheusMetrics final : public Metrics {
 public:
  explicit PrometheusMetrics(const Address& address)
      : host_(address.host.empty() ? "localhost" : address.host),
        exposer_(address.host.empty() ? address.port : address.host + ":" + address.port, 1) {
    exposer_.RegisterCollectable(watched_);
  }
  std::string url() const override {
    return fmt::format("http://{}:{}/metrics", host_, exposer_.GetListeningPorts().front());
  }
  void add(const DeviceEvent& event) override { watched_->add(event); }
  std::shared_ptr<void> watch(const Pipeline& pipeline, std::shared_ptr<CompiledModel> model) override {
    watched_->set(&pipeline, std::move(model));
    return {nullptr, [watched = watched_](void*) { watched->set(nullptr, nullptr); }};
  }

 private:
  std::string host_;
  std::shared_ptr<Watched> watched_ = std::make_shared<Watched>();
  prometheus::Exposer exposer_;
};

}  // namespace

Result<std::unique_ptr<Metrics>> serve_metrics(const std::string& text) {
  Result<Address> address = parse(text);
  if (!address) return fail(std::move(address.error()));
  try {
    return std::make_unique<PrometheusMetrics>(*address);
  } catch (const std::exception&) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("--metrics {}: {}; choose another port", text, why_not(*address)));
  }
}

}  // namespace inflight::app
