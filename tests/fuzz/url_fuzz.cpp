// URLs of sources and their normal form.
//
// The target for signed URLs belongs beside this one, as url_signature_fuzz.cpp, once there is such an option: a
// signature holds for its own path and query in any order, and for no other.
#include "target.hpp"

#include <algorithm>
#include <string>

#include "base/text.hpp"
#include "http/url.hpp"

using namespace imcaxy;
using fuzz::require;

FUZZ_TARGET(url) {
  const auto url = http::parse_url(input);
  if (!url) {
    require(url.error().status == 400 && !url.error().message.empty(), "a mistake is told");
    return;
  }
  const auto again = http::parse_url(url->text);
  require(again.has_value(), "a normal form is a URL");
  require(
      again->text == url->text && again->scheme == url->scheme && again->host == url->host && again->path == url->path,
      "the normal form of a normal form is itself");
  require(url->scheme == "http" || url->scheme == "https", "it is of the web");
  require(url->text.starts_with(url->scheme + "://" + url->host), "the text begins with scheme and host");
  require(!url->host.empty() && url->host == ascii_lower(url->host), "a host is in lower case");
  require(!url->host.ends_with('.'), "a host has no dot at its end");
  require(url->host.find_first_of("/?#@\\ ") == url->host.npos, "a host is only a host");
  require(url->path.starts_with('/'), "a path begins with a slash");
  require(url->text.find('#') == url->text.npos, "there is no fragment");
  require(std::ranges::none_of(url->text, [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; }),
          "what goes into a request's first line can't end it");
  const std::size_t after_host = url->scheme.size() + 3 + url->host.size();
  const std::string_view rest = std::string_view(url->text).substr(after_host);
  require(rest.starts_with(':') || rest.starts_with('/'), "after the host is a port or the path");
  require(rest.substr(0, rest.find('/')).find('@') == rest.npos, "there is no user name");
}
