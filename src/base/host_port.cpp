#include "base/host_port.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <boost/asio/ip/address.hpp>

#include "base/text.hpp"

namespace imcaxy {
namespace {

bool is_name(std::string_view host) {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789-._";
  return !host.empty() && host.size() <= 253 && host.find_first_not_of(letters) == host.npos && host.front() != '.' &&
         host.find("..") == host.npos;
}

bool is_bracketed_v6(std::string_view host) {
  if (!host.starts_with('[') || !host.ends_with(']')) return false;
  boost::system::error_code error;
  boost::asio::ip::make_address_v6(std::string(host.substr(1, host.size() - 2)), error);
  return !error;
}

std::unexpected<Error> wrong(std::string_view text, std::string_view why) {
  return fail(400, fmt::format("'{}' is not host:port, such as 127.0.0.1:9000: {}", text.substr(0, 200), why));
}

}  // namespace

bool HostPort::is_address() const {
  boost::system::error_code error;
  boost::asio::ip::make_address_v4(host, error);
  return !error || host.starts_with('[');
}

std::string HostPort::text() const {
  return port ? fmt::format("{}:{}", host, *port) : host;
}

Result<HostPort> parse_host_port(std::string_view text) {
  std::string_view rest = trimmed(text);
  if (rest.find('@') != rest.npos) return wrong(rest.substr(rest.rfind('@') + 1), "credentials do not belong here");
  if (const std::size_t scheme = rest.find("://"); scheme != rest.npos) {
    const std::string_view bare = rest.substr(scheme + 3, rest.find_first_of("/?#", scheme + 3) - scheme - 3);
    return wrong(text, fmt::format("leave out '{}' and write '{}'", rest.substr(0, scheme + 3), bare));
  }
  if (const std::size_t path = rest.find_first_of("/?#"); path != rest.npos)
    return wrong(text, fmt::format("leave out '{}'", rest.substr(path)));
  if (!rest.starts_with('[') && std::ranges::count(rest, ':') > 1)
    return wrong(text, fmt::format("an IPv6 address stands in brackets, as in [::1]:9000"));

  HostPort out;
  const std::size_t colon = rest.find(':', rest.starts_with('[') ? std::min(rest.find(']'), rest.size()) : 0);
  out.host = ascii_lower(rest.substr(0, colon));
  if (!is_name(out.host) && !is_bracketed_v6(out.host))
    return wrong(text, "the host is a name, an IPv4 address, or an IPv6 address in brackets");
  if (colon == rest.npos) return out;
  const std::string_view digits = rest.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (code != std::errc() || end != digits.data() + digits.size() || port == 0)
    return wrong(text, "the port is a number from 1 to 65535");
  out.port = port;
  return out;
}

Result<std::string> parse_service_url(std::string_view text) {
  std::string_view rest = trimmed(text);
  std::string scheme = "http://";
  bool named = false;
  for (const std::string_view known : {"http://", "https://"}) {
    if (!ascii_lower(rest.substr(0, known.size())).starts_with(known)) continue;
    scheme = known;
    rest.remove_prefix(known.size());
    named = true;
    break;
  }
  if (!named && rest.find("://") != rest.npos) return wrong(text, "of protocols only http:// and https:// are known");
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  std::string_view path = rest.substr(slash);
  while (path.ends_with('/')) path.remove_suffix(1);
  const auto bad = [](char c) { return c <= ' ' || c == 0x7f || c == '?' || c == '#' || c == '"' || c == '\\'; };
  if (std::ranges::any_of(path, bad)) return wrong(rest, "a path has no query, and no spaces");
  auto place = parse_host_port(rest.substr(0, slash));
  if (!place) return std::unexpected(std::move(place.error()));
  if (!place->port && !named) return wrong(text, "the port is missing");
  return scheme + place->text() + std::string(path);
}

}  // namespace imcaxy
