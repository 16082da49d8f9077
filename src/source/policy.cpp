#include "source/policy.hpp"

#include <algorithm>

#include "base/glob.hpp"
#include "base/text.hpp"
#include "http/query.hpp"

namespace imcaxy::source {
namespace {

/// The port that says nothing new after this scheme.
std::string_view default_port(std::string_view scheme) {
  return scheme == "http" ? ":80" : scheme == "https" ? ":443" : "";
}

/// What a source may take for a way up.
bool climbs(std::string_view path) {
  for (const std::string& segment : split_list(path, '/'))
    if (segment == "..") return true;
  return path.find('\\') != path.npos;
}

}  // namespace

Result<SourcePolicy::Source> SourcePolicy::parse_source(std::string_view text) {
  const auto wrong = [&] {
    return fail(400, "IMCAXY_ALLOWED_SOURCES: '" + std::string(text) +
                         "' is not a host with a path, as https://images.example.com/photos or *.example.com");
  };
  std::string_view rest = text, scheme;
  if (const std::size_t end = rest.find("://"); end != rest.npos) {
    scheme = rest.substr(0, end);
    rest.remove_prefix(end + 3);
    if (ascii_lower(scheme) != "http" && ascii_lower(scheme) != "https") return wrong();
  }
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  std::string_view host = rest.substr(0, slash);
  std::string path(rest.substr(slash));
  if (const auto port = default_port(ascii_lower(scheme)); !port.empty() && host.ends_with(port))
    host.remove_suffix(port.size());
  if (host.empty() || host.find_first_of(" @?#") != host.npos || path.find_first_of("?#") != path.npos) return wrong();
  return Source{std::string(host), http::percent_decode(path, false)};
}

bool SourcePolicy::Source::matches(const http::Url& url) const {
  const bool apex = host.starts_with("*.") && glob_matches(std::string_view(host).substr(2), url.authority);
  if (!apex && !glob_matches(host, url.authority)) return false;
  if (path.empty()) return true;
  const std::string asked = http::percent_decode(url.path, false);
  if (climbs(asked)) return false;
  const bool open_end = path.ends_with('*') || path.ends_with('/');
  return asked == path || path_glob_matches(path + (open_end ? "*" : "/*"), asked);
}

Result<SourcePolicy> SourcePolicy::parse(std::vector<std::string> domains, const std::vector<std::string>& sources) {
  SourcePolicy policy;
  policy.domains_ = std::move(domains);
  for (const std::string& text : sources) {
    auto source = parse_source(text);
    if (!source) return std::unexpected(std::move(source.error()));
    policy.sources_.push_back(std::move(*source));
  }
  return policy;
}

Result<void> SourcePolicy::check(const http::Url& url) const {
  if (!domains_.empty() && !any_glob_matches(domains_, url.host)) return fail(403, std::string(domain_refusal));
  if (sources_.empty() || std::ranges::any_of(sources_, [&](const Source& s) { return s.matches(url); })) return {};
  return fail(400, "not allowed remote URL origin: " + url.authority + http::percent_decode(url.path, false));
}

}  // namespace imcaxy::source
