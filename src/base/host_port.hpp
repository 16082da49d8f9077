// `host:port`, as people write where a server is.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace imcaxy {

struct HostPort {
  std::string host;  ///< lower case; a name, an IPv4 address, or an IPv6 address in brackets
  std::optional<std::uint16_t> port;

  bool is_address() const;   ///< and not a name
  std::string text() const;  ///< `host:port`, or the host alone
  bool operator==(const HostPort&) const = default;
};

/// 400 for anything else, a URL among it: what is wrong, and how to write it.
Result<HostPort> parse_host_port(std::string_view text);

/// Where an HTTP service is: `host:port`, or a URL with http:// or https:// in front, and with a path where the service
/// is not at the root. As a URL without a slash at its end. 400: what is wrong, and how to write it.
Result<std::string> parse_service_url(std::string_view text);

}  // namespace imcaxy
