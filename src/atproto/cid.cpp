#include "atproto/cid.hpp"

#include <cstdint>
#include <optional>

#include <fmt/format.h>

namespace imcaxy::atproto {
namespace {

constexpr std::string_view alphabet = "abcdefghijklmnopqrstuvwxyz234567";  // RFC 4648 section 6, lower case
constexpr char multibase_base32 = 'b';
constexpr std::string_view version1_raw_sha256 = "\x01\x55\x12\x20";
constexpr std::size_t digest_bytes = 32, length = 59;

/// Nothing when a letter is none of base32, or bits beyond the last byte are set.
std::optional<std::string> from_base32(std::string_view text) {
  std::string out;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    const std::size_t value = alphabet.find(c);
    if (value == alphabet.npos) return std::nullopt;
    bits = bits << 5 | static_cast<std::uint32_t>(value);
    count += 5;
    if (count < 8) continue;
    count -= 8;
    out.push_back(static_cast<char>(bits >> count));
    bits &= (1u << count) - 1;
  }
  if (bits != 0) return std::nullopt;
  return out;
}

}  // namespace

Result<Cid> parse_cid(std::string_view text) {
  const auto invalid = [] { return fail(400, "invalid CID format"); };
  if (text.size() != length || text.front() != multibase_base32) return invalid();
  const auto bytes = from_base32(text.substr(1));
  if (!bytes || !bytes->starts_with(version1_raw_sha256)) return invalid();
  Cid cid{std::string(text), {}};
  for (const char c : bytes->substr(version1_raw_sha256.size(), digest_bytes))
    cid.sha256 += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return cid;
}

}  // namespace imcaxy::atproto
