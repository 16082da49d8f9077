// Ranges of addresses (CIDR), and which addresses are not part of the public internet.
#pragma once

#include <string_view>
#include <vector>

#include <boost/asio/ip/address.hpp>

#include "base/error.hpp"

namespace imcaxy {

using IpAddress = boost::asio::ip::address;

/// `10.0.0.0/8`, `fd00::/8`, or one address. A value; comparing takes no allocation.
class IpRange {
 public:
  static Result<IpRange> parse(std::string_view text);
  bool contains(const IpAddress& address) const;

 private:
  IpRange(IpAddress network, unsigned bits) : network_(network), bits_(bits) {}

  IpAddress network_;
  unsigned bits_;
};

/// The address that really is meant: IPv4 out of IPv4-mapped, IPv4-compatible, NAT64 (64:ff9b::/96) and 6to4 forms.
IpAddress unwrapped(const IpAddress& address);

/// True for what the IANA special-purpose registries list as globally reachable unicast, after `unwrapped`.
bool is_public(const IpAddress& address);

/// Which addresses a source may have: IMCAXY_ALLOW_PRIVATE_SOURCES. Immutable; thread-safe.
class AddressPolicy {
 public:
  /// `false`: public addresses only; `true`: all; else a comma separated list of ranges that are allowed besides.
  static Result<AddressPolicy> parse(std::string_view text);

  bool allows(const IpAddress& address) const;

 private:
  bool all_ = false;
  std::vector<IpRange> ranges_;
};

}  // namespace imcaxy
