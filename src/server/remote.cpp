#include "server/remote.hpp"

#include "base/host_port.hpp"

namespace imcaxy::server {

processor::imaginary::RemoteOptions remote_options(const config::Config& c) {
  return {.base = parse_service_url(c.imaginary_service_url).value_or(""),  // was checked when it was read
          .api_key = c.imaginary_api_key,
          .timeout = std::chrono::seconds(c.imaginary_timeout_seconds),
          .max_bytes = static_cast<std::uint64_t>(c.imaginary_max_bytes),
          .breaker = {}};
}

}  // namespace imcaxy::server
