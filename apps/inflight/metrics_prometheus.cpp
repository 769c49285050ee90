// The server, by prometheus-cpp.
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <prometheus/collectable.h>
#include <prometheus/exposer.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <mutex>

#include "metrics.hpp"
#include "metrics_families.hpp"

namespace inflight::app {
namespace {

/// Scrapers ask every few seconds; whoever else connects, and sends nothing or a byte now and then, has a thread for so
/// long at most.
constexpr const char* kThreads = "4";
constexpr const char* kPatienceMs = "2000";

struct Address {
  std::string host;  ///< as getaddrinfo() takes it; empty: all
  std::string port;
  /// As it stands in a URL, and as the server takes it.
  std::string shown_host() const {
    if (host.empty()) return "localhost";
    return host.find(':') == std::string::npos ? host : "[" + host + "]";
  }
  std::string to_listen_on() const { return host.empty() ? port : shown_host() + ":" + port; }
};

bool is_port(const std::string& text) {
  int port = -1;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port >= 0 && port <= 65535;
}

/// The server would take a list, and options in letters.
bool is_host(const std::string& text) {
  return !text.empty() && std::ranges::all_of(text, [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '.' || c == '-' || c == '_';
  });
}

Result<Address> parse(const std::string& text) {
  std::size_t colon = text.rfind(':');
  Address address{"127.0.0.1", text.substr(colon + 1)};  // npos + 1 is 0
  bool known = is_port(address.port);
  if (colon != std::string::npos) {
    std::string host = text.substr(0, colon);
    bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    address.host = bracketed ? host.substr(1, host.size() - 2) : host == "*" ? "" : host;
    known = known && (bracketed ? address.host.find_first_not_of("0123456789abcdefABCDEF:.") == std::string::npos
                                : host == "*" || is_host(host));
  }
  if (known) return address;
  return fail(ErrorCode::invalid_argument,
              fmt::format("--metrics {}: write it as PORT, for this machine alone, as ADDRESS:PORT or [IPV6]:PORT, or "
                          "as *:PORT for everybody, with a port from 0 to 65535",
                          text));
}

/// Why nothing can be served there: the server does not tell.
std::string why_not(const Address& address) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const char* host = address.host.empty() ? nullptr : address.host.c_str();
  if (int code = getaddrinfo(host, address.port.c_str(), &hints, &found); code != 0)
    return fmt::format("{}; name an address of this machine", gai_strerror(code));
  int socket = ::socket(found->ai_family, found->ai_socktype, found->ai_protocol);
  int yes = 1;
  setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  bool bound = socket >= 0 && ::bind(socket, found->ai_addr, found->ai_addrlen) == 0;
  std::string reason =
      bound ? "the server does not start; use an IPv4 address, and allow this program more threads (ulimit -u)"
            : fmt::format("{}; choose another {}", std::strerror(errno), errno == EADDRNOTAVAIL ? "address" : "port");
  if (socket >= 0) ::close(socket);
  freeaddrinfo(found);
  return reason;
}

bool is_of_port(int socket, int port) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) return false;
  if (address.ss_family == AF_INET) return ntohs(reinterpret_cast<sockaddr_in&>(address).sin_port) == port;
  return address.ss_family == AF_INET6 && ntohs(reinterpret_cast<sockaddr_in6&>(address).sin6_port) == port;
}

/// The server looks up from its sockets every two seconds only, unless something happens to them.
void wake_server(int port) {
  std::error_code ignored;  // no /proc: it takes its time
  for (const auto& file : std::filesystem::directory_iterator("/proc/self/fd", ignored)) {
    int number = std::atoi(file.path().filename().c_str());
    if (is_of_port(number, port)) shutdown(number, SHUT_RDWR);
  }
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
      : host_(address.shown_host()),
        exposer_(
            {"listening_ports", address.to_listen_on(), "num_threads", kThreads, "request_timeout_ms", kPatienceMs}) {
    exposer_.RegisterCollectable(watched_);
  }
  ~PrometheusMetrics() override { wake_server(port()); }
  std::string url() const override { return fmt::format("http://{}:{}/metrics", host_, port()); }
  void add(const DeviceEvent& event) override { watched_->add(event); }
  std::shared_ptr<void> watch(const Pipeline& pipeline, std::shared_ptr<CompiledModel> model) override {
    watched_->set(&pipeline, std::move(model));
    return {nullptr, [watched = watched_](void*) { watched->set(nullptr, nullptr); }};
  }

 private:
  int port() const { return exposer_.GetListeningPorts().front(); }

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
    return fail(ErrorCode::invalid_argument, fmt::format("--metrics {}: {}", text, why_not(*address)));
  }
}

}  // namespace inflight::app
