// Regular expressions over paths: RE2, whose time grows with the path alone, because patterns come from users.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace re2 {
class RE2;
}

namespace imcaxy::gitdiff {

/// Immutable; thread-safe. Paths are bytes: in one that is UTF-8 a dot is a letter, in others a byte.
class Pattern {
 public:
  /// 400 with RE2's explanation.
  static Result<Pattern> compile(const std::string& text);
  ~Pattern();
  Pattern(Pattern&&) noexcept;
  Pattern& operator=(Pattern&&) noexcept;

  /// Whether it fits a part of the path.
  bool finds(std::string_view path) const;

  /// The whole and the groups where it fits the path from its first to its last byte; groups that took no part are
  /// empty.
  std::optional<std::vector<std::string>> match_whole(std::string_view path) const;

  int groups() const;

 private:
  Pattern(std::unique_ptr<re2::RE2> letters, std::unique_ptr<re2::RE2> bytes);
  const re2::RE2& fitting(std::string_view path) const;

  std::unique_ptr<re2::RE2> letters_, bytes_;
};

}  // namespace imcaxy::gitdiff
