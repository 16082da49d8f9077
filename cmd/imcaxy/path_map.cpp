#include "path_map.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "commands.hpp"
#include "http/query.hpp"
#include "http/url.hpp"

namespace imcaxy::command {
namespace {

/// What is left as it is, besides letters, digits and `-._~/`.
constexpr std::string_view spellings[] = {
    "!*'();,:@&=+$",               // encodeURI, and most servers' templates
    "!*'()",                       // encodeURIComponent, segment by segment
    "",                            // RFC 3986's unreserved characters: Python, Go, PHP
    "!*'();,:@&=+$[]|^",           // a browser that reads an address in a page
    "!*'();,:@&=+$[]|^\"<>\\`{}",  // an address that is given to `url=` as it is
};

std::unexpected<Failure> no_rule(const std::string& rule, const std::string& why) {
  return give_up(wrong_usage, fmt::format("--map '{}': {}; a rule is an expression for the whole path, an equals sign, "
                                          "and an address, such as 'public/(.*)=https://example.com/$1'",
                                          rule, why));
}

}  // namespace

std::string escape_path(std::string_view path, std::string_view kept) {
  std::string out;
  for (const char& c : path) {
    if (c == '/' || kept.contains(c))
      out += c;
    else
      out += http::percent_encode({&c, 1});
  }
  return out;
}

Outcome<PathMap> PathMap::parse(const std::string& rule) {
  const std::size_t equals = std::min(rule.find("=http://"), rule.find("=https://"));
  if (equals == rule.npos) return no_rule(rule, "it has no '=http://' or '=https://'");
  auto pattern = gitdiff::Pattern::compile(rule.substr(0, equals));
  if (!pattern) return no_rule(rule, pattern.error().message);

  std::vector<Part> parts{std::string()};
  const std::string address = rule.substr(equals + 1);
  for (std::size_t i = 0; i < address.size(); ++i) {
    const char next = i + 1 < address.size() ? address[i + 1] : '\0';
    if (address[i] != '$') {
      if (!std::holds_alternative<std::string>(parts.back())) parts.emplace_back(std::string());
      std::get<std::string>(parts.back()) += address[i];
      continue;
    }
    ++i;
    if (next == '$') {
      parts.emplace_back(std::string("$"));
    } else if (next >= '0' && next <= '9' && next - '0' <= pattern->groups()) {
      parts.emplace_back(static_cast<std::size_t>(next - '0'));
    } else {
      return no_rule(
          rule, fmt::format("'${}' is no group of the expression, which has {}", next ? next : ' ', pattern->groups()));
    }
  }
  PathMap map(std::move(*pattern), std::move(parts));
  const std::vector<std::string> sample(10, "x");
  if (const auto url = http::parse_url(map.fill(sample, "")); !url)
    return no_rule(rule, fmt::format("'{}' is no address: {}", address, url.error().message));
  return map;
}

std::string PathMap::fill(const std::vector<std::string>& groups, std::string_view kept) const {
  std::string out;
  for (const Part& part : parts_) {
    if (const auto* text = std::get_if<std::string>(&part))
      out += *text;
    else
      out += escape_path(groups[std::get<std::size_t>(part)], kept);
  }
  return out;
}

std::vector<std::string> PathMap::urls_of(std::string_view path) const {
  const auto groups = pattern_.match_whole(path);
  std::vector<std::string> urls;
  if (!groups) return urls;
  for (const std::string_view kept : spellings) {
    std::string url = fill(*groups, kept);
    if (std::ranges::find(urls, url) == urls.end()) urls.push_back(std::move(url));
  }
  return urls;
}

}  // namespace imcaxy::command
