// Where pictures may come from.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "http/url.hpp"

namespace imcaxy::source {

/// What a host that is none of the allowed domains is told, in front of everything else.
inline constexpr std::string_view domain_refusal = "source image domain not allowed";

/// Decided for what a request asks for and again for everything that it is redirected to. Immutable; thread-safe.
class SourcePolicy {
 public:
  SourcePolicy() = default;

  /// `domains`: globs over the host; empty: every one. `sources`: hosts with a port where it is not the scheme's own,
  /// and beginnings of paths, as `https://*.example.com/images`; empty: every one. A scheme says nothing. `*.` in front
  /// of a host also stands for nothing; elsewhere `*` stands for any text. An error names the entry that is none.
  static Result<SourcePolicy> parse(std::vector<std::string> domains, const std::vector<std::string>& sources);

  /// 403 for a host that is none of the domains, 400 in the words of Imaginary for what is none of the sources.
  Result<void> check(const http::Url& url) const;

 private:
  struct Source {
    std::string host, path;  ///< globs; the path's stands for all of it
    bool matches(const http::Url& url) const;
  };

  static Result<Source> parse_source(std::string_view text);

  std::vector<std::string> domains_;
  std::vector<Source> sources_;
};

}  // namespace imcaxy::source
