// An immutable block of bytes that many threads may hold and read without copying it.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace imcaxy {

/// A view with shared ownership of what it points into. Copying costs one reference count; the bytes never change.
class Bytes {
 public:
  Bytes() = default;

  /// Takes the string over.
  static Bytes adopt(std::string text) {
    auto owner = std::make_shared<const std::string>(std::move(text));
    std::string_view view = *owner;
    return Bytes(view, std::move(owner));
  }
  static Bytes copy(std::string_view text) { return adopt(std::string(text)); }

  /// `view` stays valid as long as `owner` lives.
  static Bytes wrap(std::string_view view, std::shared_ptr<const void> owner) { return Bytes(view, std::move(owner)); }

  std::string_view view() const { return view_; }
  const char* data() const { return view_.data(); }
  std::size_t size() const { return view_.size(); }
  bool empty() const { return view_.empty(); }

  /// A part of the same block; `offset` and `length` are clamped to it.
  Bytes slice(std::size_t offset, std::size_t length = std::string_view::npos) const {
    return Bytes(view_.substr(std::min(offset, view_.size()), length), owner_);
  }

  /// Does not keep the block, and gives it as long as somebody else does.
  class Watch {
   public:
    explicit Watch(const Bytes& bytes) : view_(bytes.view_), owner_(bytes.owner_) {}
    std::optional<Bytes> lock() const {
      auto owner = owner_.lock();
      return owner ? std::optional(Bytes(view_, std::move(owner))) : std::nullopt;
    }
    bool gone() const { return owner_.expired(); }

   private:
    std::string_view view_;
    std::weak_ptr<const void> owner_;
  };

 private:
  Bytes(std::string_view view, std::shared_ptr<const void> owner) : view_(view), owner_(std::move(owner)) {}

  std::string_view view_;
  std::shared_ptr<const void> owner_;
};

}  // namespace imcaxy
