// Which sources an invalidation names.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace imcaxy::cache {

/// URLs in their normal form, and beginnings of URLs. Immutable once shared.
struct UrlSet {
  std::unordered_set<std::string> urls;
  std::vector<std::string> prefixes;

  bool contains(const std::string& url) const {
    return urls.contains(url) ||
           std::ranges::any_of(prefixes, [&](const std::string& p) { return url.starts_with(p); });
  }
};

}  // namespace imcaxy::cache
