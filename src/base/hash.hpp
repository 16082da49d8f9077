// Hashes and encodings that the whole project shares.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

struct evp_md_ctx_st;  // OpenSSL's

namespace imcaxy {

/// 128-bit key of a cache entry. Uniformly distributed, so any of its bits can choose a shard or a bucket.
struct Key128 {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  auto operator<=>(const Key128&) const = default;

  std::string hex() const;                                       ///< 32 lower-case digits
  static std::optional<Key128> from_hex(std::string_view text);  ///< nothing unless 32 lower-case digits
};

/// XXH3 of the bytes: fast, not cryptographic.
Key128 hash128(std::string_view bytes);
std::uint64_t hash64(std::string_view bytes);

/// Incremental form of hash128 over the concatenation of what it is given. Not thread-safe.
class Hasher128 {
 public:
  Hasher128();
  ~Hasher128();
  Hasher128(const Hasher128&) = delete;
  Hasher128& operator=(const Hasher128&) = delete;
  void update(std::string_view bytes);
  Key128 digest() const;

 private:
  void* state_;
};

std::string sha256_hex(std::string_view bytes);

/// SHA-256 over the concatenation of what it is given. Not thread-safe.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  Sha256& operator=(Sha256&&) = delete;
  void update(std::string_view bytes);
  std::string digest() const;  ///< 32 bytes

 private:
  evp_md_ctx_st* state_;
};

/// 16 bytes; only for protocols that ask for it.
std::string md5(std::string_view bytes);

std::string to_hex(std::string_view bytes);

/// HMAC-SHA256 (RFC 2104): 32 bytes.
std::string hmac_sha256(std::string_view key, std::string_view bytes);

/// RFC 4648 section 4, with padding.
std::string base64(std::string_view bytes);

/// RFC 4648 section 5, without padding.
std::string base64url(std::string_view bytes);

/// The bytes that base64url made the text of; nothing for text that it can't have made. Padding at the end is ignored.
std::optional<std::string> from_base64url(std::string_view text);

/// Compares in a time that depends on the lengths only, for secrets.
bool equal_constant_time(std::string_view a, std::string_view b);

/// `bytes` of the operating system's random generator as lower-case hexadecimal digits, for tokens and names.
std::string random_hex(std::size_t bytes);

}  // namespace imcaxy

template <>
struct std::hash<imcaxy::Key128> {
  std::size_t operator()(const imcaxy::Key128& key) const noexcept { return key.low; }
};
