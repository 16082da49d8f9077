#include "source/freshness.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/glob.hpp"
#include "base/text.hpp"

namespace imcaxy::source {
namespace {

using std::chrono::seconds;

constexpr seconds a_day{86400}, a_year{31536000};
/// For a source that says nothing at all, not even when its picture changed last.
constexpr seconds an_hour{3600};

/// Digits only; beyond what a number holds it is just long (RFC 9111 section 1.2.2).
std::optional<seconds> read_seconds(std::string_view text) {
  if (text.empty() || text.find_first_not_of("0123456789") != text.npos) return std::nullopt;
  std::int64_t value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  return code == std::errc() ? std::min(seconds(value), a_year) : a_year;
}

/// Of a Cache-Control header. What is no number counts as 0, which asks the source rather too often.
class Directives {
 public:
  explicit Directives(std::string_view header) : parts_(split_list(header)) {}

  bool has(std::string_view name) const { return find(name).has_value(); }
  std::optional<seconds> number(std::string_view name) const {
    const auto value = find(name);
    if (!value) return std::nullopt;
    return read_seconds(*value).value_or(seconds(0));
  }

 private:
  std::optional<std::string> find(std::string_view name) const {
    for (const std::string& part : parts_) {
      const std::size_t equal = std::min(part.find('='), part.size());
      if (ascii_lower(trimmed(std::string_view(part).substr(0, equal))) != name) continue;
      std::string_view value = trimmed(std::string_view(part).substr(std::min(equal + 1, part.size())));
      if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
      return std::string(value);
    }
    return std::nullopt;
  }

  std::vector<std::string> parts_;
};

/// RFC 9111 section 4.2.3, without what the answer took to come.
seconds age_of(const http::CacheHeaders& headers, WallTime now) {
  const seconds said = read_seconds(trimmed(headers.age)).value_or(seconds(0));
  const auto date = from_http_date(headers.date);
  const seconds apparent = date ? std::chrono::floor<seconds>(now) - *date : seconds(0);
  return std::max(said, apparent);
}

/// RFC 9111 section 4.2.1 and 4.2.2; `otherwise`: for who says nothing, 0: we guess.
seconds said_by_source(const http::CacheHeaders& headers, const Directives& directives, WallTime now,
                       seconds otherwise) {
  if (directives.has("no-store") || directives.has("no-cache")) return seconds(0);
  if (const auto shared = directives.number("s-maxage")) return *shared;
  if (const auto age = directives.number("max-age")) return *age;
  const auto date = from_http_date(headers.date).value_or(std::chrono::floor<seconds>(now));
  if (!headers.expires.empty()) {
    const auto expires = from_http_date(headers.expires);
    return expires ? *expires - date : seconds(0);
  }
  if (otherwise > seconds(0)) return otherwise;
  const auto changed = from_http_date(headers.last_modified);
  return changed ? std::min((date - *changed) / 10, a_day) : an_hour;
}

Lifetime lifetime_by_source(const http::CacheHeaders& headers, const FreshnessDefaults& defaults, WallTime now) {
  const Directives directives(headers.cache_control);
  const seconds total = said_by_source(headers, directives, now, defaults.ttl);
  const bool strict = directives.has("no-store") || directives.has("no-cache");
  // Who wants no stale answers gets none: must-revalidate is also meant for errors.
  const bool never_stale = directives.has("must-revalidate") || directives.has("proxy-revalidate") || strict;
  Lifetime out;
  out.fresh = std::clamp(total - age_of(headers, now), seconds(0), a_year);
  out.while_revalidate =
      directives.number("stale-while-revalidate").value_or(never_stale ? seconds(0) : defaults.while_revalidate);
  out.if_error = directives.number("stale-if-error").value_or(never_stale ? seconds(0) : defaults.if_error);
  return out;
}

std::string_view without_scheme(std::string_view url) {
  const std::size_t end = url.find("://");
  return end == url.npos ? url : url.substr(end + 3);
}

std::unexpected<Error> wrong(const std::string& rule) {
  return fail(400, fmt::format("a list of host/path=policy, where a policy is a number of seconds, source or "
                               "invalidated, as in news.example.com/*=60,*=source: '{}'",
                               rule));
}

}  // namespace

Result<FreshnessRules> FreshnessRules::parse(const std::vector<std::string>& rules, FreshnessDefaults defaults) {
  FreshnessRules out;
  out.defaults_ = defaults;
  for (const std::string& text : rules) {
    const std::size_t equal = text.rfind('=');
    if (equal == text.npos) return wrong(text);
    std::string glob(trimmed(without_scheme(std::string_view(text).substr(0, equal))));
    const std::string_view word = trimmed(std::string_view(text).substr(equal + 1));
    if (glob.empty()) return wrong(text);
    if (glob != "*" && glob.find('/') == glob.npos) glob += "/*";
    using Kind = FreshnessPolicy::Kind;
    FreshnessPolicy policy;
    if (word == "source") {
      policy.kind = Kind::source;
    } else if (word != "invalidated") {
      const auto ttl = read_seconds(word);
      if (!ttl) return wrong(text);
      policy = {Kind::seconds, *ttl};
    }
    out.rules_.push_back({std::move(glob), policy});
  }
  return out;
}

FreshnessPolicy FreshnessRules::policy_for(std::string_view url) const {
  const std::string_view text = without_scheme(url);
  for (const Rule& rule : rules_)
    if (glob_matches(rule.glob, text)) return rule.policy;
  using Kind = FreshnessPolicy::Kind;
  return defaults_.ttl > seconds(0) ? FreshnessPolicy{Kind::seconds, defaults_.ttl} : FreshnessPolicy{};
}

std::optional<Lifetime> FreshnessRules::lifetime(std::string_view url, const http::CacheHeaders& headers,
                                                 WallTime now) const {
  const FreshnessPolicy policy = policy_for(url);
  switch (policy.kind) {
    case FreshnessPolicy::Kind::source:
      return lifetime_by_source(headers, defaults_, now);
    case FreshnessPolicy::Kind::seconds:
      return Lifetime{policy.ttl, defaults_.while_revalidate, defaults_.if_error};
    case FreshnessPolicy::Kind::invalidated:
      break;
  }
  return std::nullopt;
}

}  // namespace imcaxy::source
