#include "http/tls_context.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include "base/file.hpp"

namespace imcaxy::http {
namespace {

/// More than any chain has; what is longer is another kind of file.
constexpr std::size_t max_file_bytes = 1u << 20;
constexpr std::string_view certificate_option = "IMCAXY_TLS_CERT", key_option = "IMCAXY_TLS_KEY";

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Bio = std::unique_ptr<BIO, Deleter<BIO_free>>;
using Certificate = std::unique_ptr<X509, Deleter<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using Context = std::unique_ptr<SSL_CTX, Deleter<SSL_CTX_free>>;

/// Why OpenSSL's last call on this thread failed.
std::string reason() {
  const char* text = ERR_reason_error_string(ERR_peek_last_error());
  std::string out = text ? text : "unknown reason";
  ERR_clear_error();
  return out;
}

/// Whether OpenSSL only met the end of the text. The error is gone afterwards.
bool nothing_more() {
  const unsigned long error = ERR_peek_last_error();
  if (ERR_GET_LIB(error) != ERR_LIB_PEM || ERR_GET_REASON(error) != PEM_R_NO_START_LINE) return false;
  ERR_clear_error();
  return true;
}

Result<std::string> read_pem(std::string_view option, const std::string& path) {
  auto text = read_file(path, max_file_bytes);
  if (!text) return fail(500, fmt::format("{}: {}", option, text.error().message));
  return text;
}

Bio reader(const std::string& text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

/// At least one.
Result<std::vector<Certificate>> read_chain(const std::string& path) {
  const auto text = read_pem(certificate_option, path);
  if (!text) return std::unexpected(text.error());
  const Bio bio = reader(*text);
  std::vector<Certificate> chain;
  for (;;) {
    Certificate next(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    if (next) {
      chain.push_back(std::move(next));
      continue;
    }
    if (!nothing_more())
      return fail(500, fmt::format("{}: certificate number {} in '{}' is damaged: {}", certificate_option,
                                   chain.size() + 1, path, reason()));
    if (chain.empty())
      return fail(500, fmt::format("{}: '{}' holds no certificate in PEM form, which begins with "
                                   "-----BEGIN CERTIFICATE-----",
                                   certificate_option, path));
    return chain;
  }
}

/// Notes that a passphrase is needed, instead of asking the terminal for it.
int no_passphrase(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

Result<Key> read_key(const std::string& path) {
  const auto text = read_pem(key_option, path);
  if (!text) return std::unexpected(text.error());
  const Bio bio = reader(*text);
  bool asked = false;
  Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, &asked));
  if (key) return key;
  if (asked)
    return fail(500, fmt::format("{}: the key in '{}' is locked by a passphrase; write one without it: openssl pkey "
                                 "-in {} -out key.pem",
                                 key_option, path, path));
  // OpenSSL says the same of both.
  if (!text->contains("PRIVATE KEY-----"))
    return fail(500, fmt::format("{}: '{}' holds no private key in PEM form, which begins with "
                                 "-----BEGIN PRIVATE KEY----- or the like",
                                 key_option, path));
  return fail(500, fmt::format("{}: the key in '{}' is damaged: {}", key_option, path, reason()));
}

/// Whether the key is that of the first certificate.
Result<void> check_pair(const std::vector<Certificate>& chain, EVP_PKEY* key, const TlsFiles& files) {
  for (std::size_t i = 0; i < chain.size(); ++i) {
    const bool pair = X509_check_private_key(chain[i].get(), key) == 1;
    ERR_clear_error();
    if (pair && i == 0) return {};
    if (pair)
      return fail(500, fmt::format("{}: the key in '{}' belongs to certificate number {} in '{}'; the server's own "
                                   "certificate has to come first",
                                   certificate_option, files.key, i + 1, files.certificate));
  }
  return fail(500, fmt::format("{}: the key in '{}' does not belong to the certificate in '{}'; both have to come from "
                               "the same request for a certificate",
                               key_option, files.key, files.certificate));
}

std::chrono::sys_seconds expiry(const X509* certificate) {
  std::tm time{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &time) != 1) return {};
  return std::chrono::sys_seconds(std::chrono::seconds(timegm(&time)));
}

/// The protocol of this server when the client names it; who names others only is told so by an alert (RFC 7301).
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* length, const unsigned char* offered,
                    unsigned offered_length, void*) {
  static constexpr unsigned char ours[] = "\x08http/1.1";
  unsigned char* found = nullptr;
  if (SSL_select_next_proto(&found, length, ours, sizeof ours - 1, offered, offered_length) != OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  *chosen = found;
  return SSL_TLSEXT_ERR_OK;
}

Context new_context() {
  Context context(SSL_CTX_new(TLS_server_method()));
  if (!context) return context;
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION);
  // A part of an answer may go out, and the rest of it from another address; an idle connection keeps no buffers.
  SSL_CTX_set_mode(context.get(),
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  // A read that finds no data of the application returns to the loop, so that a flood of other messages holds up no
  // one else.
  SSL_CTX_clear_mode(context.get(), SSL_MODE_AUTO_RETRY);
  // One recv for a whole record instead of one for its header and one for the rest.
  SSL_CTX_set_read_ahead(context.get(), 1);
  SSL_CTX_set_alpn_select_cb(context.get(), choose_protocol, nullptr);
  return context;
}

}  // namespace

Result<std::shared_ptr<const TlsContext>> TlsContext::load(const TlsFiles& files) {
  ERR_clear_error();
  const auto chain = read_chain(files.certificate);
  if (!chain) return std::unexpected(chain.error());
  const auto key = read_key(files.key);
  if (!key) return std::unexpected(key.error());
  if (auto pair = check_pair(*chain, key->get(), files); !pair) return std::unexpected(pair.error());

  Context context = new_context();
  if (!context) return fail(500, "TLS can't be set up: " + reason());
  bool used = SSL_CTX_use_certificate(context.get(), chain->front().get()) == 1;
  for (std::size_t i = 1; used && i < chain->size(); ++i)
    used = SSL_CTX_add1_chain_cert(context.get(), (*chain)[i].get()) == 1;
  if (!used)
    return fail(500, fmt::format("{}: the certificate in '{}' can't be used: {}", certificate_option, files.certificate,
                                 reason()));
  if (SSL_CTX_use_PrivateKey(context.get(), key->get()) != 1)
    return fail(500, fmt::format("{}: the key in '{}' can't be used: {}", key_option, files.key, reason()));
  return std::shared_ptr<const TlsContext>(new TlsContext(context.release(), expiry(chain->front().get())));
}

TlsContext::~TlsContext() {
  SSL_CTX_free(context_);
}

SSL* TlsContext::new_connection() const {
  return SSL_new(context_);
}

}  // namespace imcaxy::http
