// The memory that the answer is written to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

#include "codec/protocol.hpp"

namespace imcaxy::codec {

class AnswerMemory {
 public:
  AnswerMemory(int descriptor, std::uint64_t room) : descriptor_(descriptor), room_(room) {}

  struct Parts {
    std::string_view text, profile;  ///< what is too long is cut (text) or left out
    std::uint64_t body_bytes = 0;
  };
  /// `fill` writes the body; the answer counts only once it has returned. Throws what `fill` throws, and
  /// std::length_error when there is no room.
  void write(wire::Answer answer, const Parts& parts, const std::function<void(std::byte*)>& fill) const;
  void write(const wire::Answer& answer, const Parts& parts) const {
    write(answer, parts, [](std::byte*) {});
  }

 private:
  const int descriptor_;
  const std::uint64_t room_;
};

}  // namespace imcaxy::codec
