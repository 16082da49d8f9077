// What a TLS server shows and what it keeps to itself: a certificate chain and its key.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include <openssl/types.h>

#include "base/error.hpp"

namespace imcaxy::http {

/// Paths of PEM files.
struct TlsFiles {
  std::string certificate;  ///< the server's own first, then those that vouch for it
  std::string key;          ///< of the first certificate, without a passphrase
};

/// TLS 1.2 and 1.3, HTTP/1.1 by ALPN, resumption by tickets, no renegotiation. Immutable and thread-safe.
class TlsContext {
 public:
  /// Reads and checks both files. An error says which of them is wrong, how, and what to do.
  static Result<std::shared_ptr<const TlsContext>> load(const TlsFiles& files);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  /// The server's side of a new connection, owned by the caller; it may outlive this. Null without memory.
  SSL* new_connection() const;

  /// When the server's own certificate expires.
  std::chrono::sys_seconds expires() const { return expires_; }

 private:
  TlsContext(SSL_CTX* context, std::chrono::sys_seconds expires) : context_(context), expires_(expires) {}

  SSL_CTX* context_;
  std::chrono::sys_seconds expires_;
};

}  // namespace imcaxy::http
