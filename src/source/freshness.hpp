// How long what a source gave may be used before it is asked again: as rules say, or as the source says (RFC 9111).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "http/client.hpp"

namespace imcaxy::source {

/// From when the source was asked.
struct Lifetime {
  std::chrono::seconds fresh{0};             ///< used without a question
  std::chrono::seconds while_revalidate{0};  ///< after that: used while the source is asked (RFC 5861)
  std::chrono::seconds if_error{0};          ///< after that: used when the source can't be asked

  bool operator==(const Lifetime&) const = default;
};

/// What one rule says.
struct FreshnessPolicy {
  enum class Kind { invalidated, seconds, source } kind = Kind::invalidated;
  std::chrono::seconds ttl{0};  ///< of `seconds`

  bool operator==(const FreshnessPolicy&) const = default;
};

struct FreshnessDefaults {
  std::chrono::seconds ttl{0};  ///< where no rule fits, and where a source that is to say says nothing; 0: none
  std::chrono::seconds while_revalidate{0}, if_error{0};  ///< unless the source names its own
};

/// Immutable.
class FreshnessRules {
 public:
  /// Everything is good until it is invalidated.
  FreshnessRules() = default;

  /// `news.example.com/*=60`, `cdn.example.com=source`, `*=invalidated`: a glob over host and path, or over a host, and
  /// a policy. The first that fits counts. An error says what is allowed.
  static Result<FreshnessRules> parse(const std::vector<std::string>& rules, FreshnessDefaults defaults);

  /// Nothing: until it is invalidated. `now`: when the answer with these headers came.
  std::optional<Lifetime> lifetime(std::string_view url, const http::CacheHeaders& headers, WallTime now) const;

 private:
  struct Rule {
    std::string glob;
    FreshnessPolicy policy;
  };
  FreshnessPolicy policy_for(std::string_view url) const;

  std::vector<Rule> rules_;
  FreshnessDefaults defaults_;
};

}  // namespace imcaxy::source
