// Servers within the test, on ports of their own.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <future>
#include <string>
#include <thread>
#include <utility>

namespace inflight::test {

inline sockaddr_in local_address(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

/// Binds `socket` to a free port.
inline int bind_anywhere(int socket) {
  sockaddr_in address = local_address(0);
  auto* any = reinterpret_cast<sockaddr*>(&address);
  socklen_t length = sizeof address;
  EXPECT_EQ(::bind(socket, any, length), 0);
  EXPECT_EQ(::getsockname(socket, any, &length), 0);
  return ntohs(address.sin_port);
}

/// One side of a connection.
class Peer {
 public:
  explicit Peer(int socket) : socket_(socket) {}
  bool send(const std::string& bytes) const {
    return ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
  }
  /// What comes next, up to the blank line that ends the head of a request; empty: the other side has hung up.
  std::string request() const {
    std::string text;
    char c = 0;
    while (!text.ends_with("\r\n\r\n") && ::recv(socket_, &c, 1, 0) == 1) text += c;
    return text;
  }
  /// Says nothing more, until the other side has hung up.
  void keep_silent() const {
    char ignored[256];
    while (::recv(socket_, ignored, sizeof ignored, 0) > 0) {
    }
  }

 private:
  int socket_;
};

/// Does `talk` with one client after the other, then hangs up.
class TcpServer {
 public:
  using Talk = std::function<void(const Peer&)>;

  explicit TcpServer(Talk talk) : talk_(std::move(talk)), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    port_ = bind_anywhere(listener_);
    EXPECT_EQ(::listen(listener_, 4), 0);
    server_ = std::thread([this] { serve(); });
  }
  /// What it sends to everybody; `then_silent`: without hanging up.
  explicit TcpServer(std::string bytes, bool then_silent = true)
      : TcpServer([bytes = std::move(bytes), then_silent](const Peer& peer) {
          if (peer.send(bytes) && then_silent) peer.keep_silent();
        }) {}

  ~TcpServer() {
    ended_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    if (int client = client_; client >= 0) ::shutdown(client, SHUT_RDWR);
    server_.join();
    ::close(listener_);
  }
  TcpServer(const TcpServer&) = delete;
  TcpServer& operator=(const TcpServer&) = delete;

  /// Until somebody has connected.
  void await_client() { connected_.get_future().wait(); }
  std::string url(const std::string& scheme = "tcp") const { return scheme + "://127.0.0.1:" + std::to_string(port_); }
  int clients() const { return clients_; }

 private:
  void serve() {
    for (;;) {
      int client = ::accept(listener_, nullptr, nullptr);
      if (client < 0) return;
      client_ = client;
      if (clients_++ == 0) connected_.set_value();
      if (!ended_) talk_(Peer(client));
      client_ = -1;
      ::close(client);
    }
  }

  const Talk talk_;
  std::promise<void> connected_;
  std::atomic<int> clients_{0};
  std::atomic<int> client_{-1};
  std::atomic<bool> ended_{false};
  int listener_;
  int port_ = 0;
  std::thread server_;
};

/// Sends datagrams to a port where somebody may listen.
class UdpSender {
 public:
  UdpSender() : socket_(::socket(AF_INET, SOCK_DGRAM, 0)) {
    int free = ::socket(AF_INET, SOCK_DGRAM, 0);
    port_ = bind_anywhere(free);
    ::close(free);
  }
  ~UdpSender() { ::close(socket_); }
  UdpSender(const UdpSender&) = delete;
  UdpSender& operator=(const UdpSender&) = delete;

  std::string url() const { return "udp://127.0.0.1:" + std::to_string(port_); }
  void send(const std::string& datagram) const {
    sockaddr_in to = local_address(port_);
    ::sendto(socket_, datagram.data(), datagram.size(), 0, reinterpret_cast<sockaddr*>(&to), sizeof to);
  }

 private:
  int socket_;
  int port_ = 0;
};

}  // namespace inflight::test
