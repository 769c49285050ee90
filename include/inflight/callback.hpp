// A move-only function that never allocates: completions run once per frame, so they must not.
#pragma once

#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

#include "inflight/api.hpp"

namespace INFLIGHT_API inflight {

template <class Signature>
class Callback;

/// Like std::move_only_function, but the callable must fit into `kCapacity` bytes (checked at compile
/// time) and is stored inside the object. Empty after default construction and after a move.
template <class R, class... Args>
class Callback<R(Args...)> {
 public:
  static constexpr std::size_t kCapacity = 64;

  Callback() noexcept = default;
  Callback(std::nullptr_t) noexcept {}  // NOLINT(google-explicit-constructor): as for a pointer

  template <class F, class = std::enable_if_t<!std::is_same_v<std::decay_t<F>, Callback>>>
  Callback(F&& f) {  // NOLINT(google-explicit-constructor): a lambda should convert by itself
    using Stored = std::decay_t<F>;
    static_assert(sizeof(Stored) <= kCapacity, "capture less, or capture a pointer to it");
    static_assert(alignof(Stored) <= alignof(std::max_align_t));
    static_assert(std::is_nothrow_move_constructible_v<Stored>,
                  "captures must move without throwing; const copies do not");
    new (storage_) Stored(std::forward<F>(f));
    operations_ = &kOperations<Stored>;  // NOLINT(cppcoreguidelines-prefer-member-initializer): once it is there
  }

  Callback(Callback&& other) noexcept { take(other); }
  Callback& operator=(Callback&& other) noexcept {
    if (this != &other) {
      reset();
      take(other);
    }
    return *this;
  }
  Callback(const Callback&) = delete;
  Callback& operator=(const Callback&) = delete;
  ~Callback() { reset(); }

  explicit operator bool() const noexcept { return operations_ != nullptr; }

  /// Precondition: not empty.
  R operator()(Args... args) { return operations_->call(storage_, std::forward<Args>(args)...); }

  void reset() noexcept {
    if (operations_) std::exchange(operations_, nullptr)->destroy(storage_);
  }

 private:
  struct Operations {
    R (*call)(void*, Args&&...);
    void (*relocate)(void* from, void* to) noexcept;
    void (*destroy)(void*) noexcept;
  };

  template <class F>
  static constexpr Operations kOperations{
      [](void* f, Args&&... args) -> R { return (*static_cast<F*>(f))(std::forward<Args>(args)...); },
      [](void* from, void* to) noexcept {
        new (to) F(std::move(*static_cast<F*>(from)));
        static_cast<F*>(from)->~F();
      },
      [](void* f) noexcept { static_cast<F*>(f)->~F(); }};

  void take(Callback& other) noexcept {
    operations_ = std::exchange(other.operations_, nullptr);
    if (operations_) operations_->relocate(other.storage_, storage_);
  }

  const Operations* operations_ = nullptr;
  alignas(std::max_align_t) std::byte storage_[kCapacity];
};

}  // namespace INFLIGHT_API inflight
