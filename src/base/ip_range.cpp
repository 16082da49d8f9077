#include "base/ip_range.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include "base/text.hpp"

namespace imcaxy {
namespace {

namespace ip = boost::asio::ip;

/// The first `bits` bits are equal.
template <class Octets>
bool same_prefix(const Octets& a, const Octets& b, unsigned bits) {
  for (std::size_t i = 0; i < a.size() && bits > 0; ++i) {
    const unsigned here = std::min(bits, 8u);
    const unsigned mask = 0xffu << (8 - here) & 0xffu;
    if ((a[i] & mask) != (b[i] & mask)) return false;
    bits -= here;
  }
  return true;
}

ip::address_v4 v4_at(const ip::address_v6::bytes_type& bytes, std::size_t offset) {
  return ip::address_v4({bytes[offset], bytes[offset + 1], bytes[offset + 2], bytes[offset + 3]});
}

std::vector<IpRange> ranges(std::initializer_list<const char*> texts) {
  std::vector<IpRange> out;
  for (const char* text : texts) out.push_back(*IpRange::parse(text));
  return out;
}

}  // namespace

Result<IpRange> IpRange::parse(std::string_view text) {
  const auto wrong = [&] {
    return fail(400, "'" + std::string(text) + "' is no address range such as 10.0.0.0/8 or fd00::/8");
  };
  const std::size_t slash = text.find('/');
  boost::system::error_code error;
  const IpAddress network = ip::make_address(std::string(text.substr(0, slash)), error);
  if (error) return wrong();
  const unsigned most = network.is_v4() ? 32 : 128;
  unsigned bits = most;
  if (slash != text.npos) {
    const std::string_view digits = text.substr(slash + 1);
    const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    if (digits.empty() || code != std::errc() || end != digits.data() + digits.size() || bits > most) return wrong();
  }
  return IpRange(network, bits);
}

bool IpRange::contains(const IpAddress& address) const {
  if (network_.is_v4() != address.is_v4()) return false;
  if (network_.is_v4()) return same_prefix(network_.to_v4().to_bytes(), address.to_v4().to_bytes(), bits_);
  return same_prefix(network_.to_v6().to_bytes(), address.to_v6().to_bytes(), bits_);
}

IpAddress unwrapped(const IpAddress& address) {
  if (!address.is_v6()) return address;
  const auto bytes = address.to_v6().to_bytes();
  static const std::vector<IpRange> at_the_end = ranges({"::ffff:0:0/96", "64:ff9b::/96", "::ffff:0:0:0/96"});
  for (const IpRange& range : at_the_end)
    if (range.contains(address)) return v4_at(bytes, 12);
  static const IpRange compatible = *IpRange::parse("::/96");
  if (compatible.contains(address) && !address.is_loopback() && !address.is_unspecified()) return v4_at(bytes, 12);
  static const IpRange six_to_four = *IpRange::parse("2002::/16");
  if (six_to_four.contains(address)) return v4_at(bytes, 2);
  return address;
}

bool is_public(const IpAddress& address) {
  static const std::vector<IpRange> special_v4 =
      ranges({"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
              "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
              "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"});
  // Global unicast is 2000::/3; inside it a few blocks are special, too.
  static const IpRange unicast_v6 = *IpRange::parse("2000::/3");
  static const std::vector<IpRange> special_v6 = ranges({"2001::/23", "2001:db8::/32", "3fff::/20"});

  const IpAddress real = unwrapped(address);
  const auto holds = [&](const IpRange& range) { return range.contains(real); };
  if (real.is_v4()) return std::ranges::none_of(special_v4, holds);
  return unicast_v6.contains(real) && std::ranges::none_of(special_v6, holds);
}

Result<AddressPolicy> AddressPolicy::parse(std::string_view text) {
  AddressPolicy policy;
  if (text == "true") policy.all_ = true;
  if (text == "true" || text == "false" || text.empty()) return policy;
  for (const std::string& part : split_list(text)) {
    auto range = IpRange::parse(part);
    if (!range) return std::unexpected(std::move(range.error()));
    policy.ranges_.push_back(*range);
  }
  return policy;
}

bool AddressPolicy::allows(const IpAddress& address) const {
  if (all_ || is_public(address)) return true;
  const IpAddress real = unwrapped(address);
  return std::ranges::any_of(ranges_, [&](const IpRange& r) { return r.contains(real) || r.contains(address); });
}

}  // namespace imcaxy
