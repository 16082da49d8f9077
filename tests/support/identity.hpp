// Certificates and keys made by OpenSSL, so that no test needs a file that expires.
#pragma once

#include <string>

namespace imcaxy::test {

/// PEM texts that belong together.
struct Identity {
  std::string certificate, key;
};

struct IdentityOptions {
  std::string name = "localhost";
  const Identity* issuer = nullptr;  ///< null: signed by itself
  int valid_days = 1;                ///< from yesterday on; less than nothing: it has expired
};

/// Of an elliptic curve. Throws when OpenSSL fails, which fails the test.
Identity make_identity(const IdentityOptions& options = {});

/// The key's PEM text, locked by a passphrase.
std::string locked_key(const Identity& identity);

}  // namespace imcaxy::test
