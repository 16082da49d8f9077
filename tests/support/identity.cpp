#include "support/identity.hpp"

#include <memory>
#include <stdexcept>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace imcaxy::test {
namespace {

constexpr long day = 86400;

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

void check(bool ok) {
  if (!ok) throw std::runtime_error("OpenSSL failed to make a certificate");
}

Bio reader(const std::string& text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::string text_of(const Bio& bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<std::size_t>(size));
}

Key read_key(const std::string& text) {
  Key key(PEM_read_bio_PrivateKey(reader(text).get(), nullptr, nullptr, nullptr));
  check(key != nullptr);
  return key;
}

void add_extension(X509* certificate, int kind, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, Deleter<X509_EXTENSION_free>> extension(
      X509V3_EXT_conf_nid(nullptr, &context, kind, value));
  check(extension && X509_add_ext(certificate, extension.get(), -1) == 1);
}

}  // namespace

Identity make_identity(const IdentityOptions& options) {
  const Key key(EVP_EC_gen("P-256"));
  const Certificate certificate(X509_new());
  check(key && certificate);
  X509* c = certificate.get();
  std::uint64_t serial = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial);
  X509_set_version(c, X509_VERSION_3);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(c), serial >> 1);
  X509_gmtime_adj(X509_getm_notBefore(c), options.valid_days < 0 ? (options.valid_days - 1) * day : -day);
  X509_gmtime_adj(X509_getm_notAfter(c), options.valid_days * day);
  X509_NAME* name = X509_get_subject_name(c);
  check(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                   reinterpret_cast<const unsigned char*>(options.name.c_str()), -1, -1, 0) == 1);
  check(X509_set_pubkey(c, key.get()) == 1);
  add_extension(c, NID_subject_alt_name, ("DNS:" + options.name).c_str());
  add_extension(c, NID_basic_constraints, "CA:TRUE");
  if (options.issuer) {
    const Certificate issuer(PEM_read_bio_X509(reader(options.issuer->certificate).get(), nullptr, nullptr, nullptr));
    check(issuer && X509_set_issuer_name(c, X509_get_subject_name(issuer.get())) == 1);
    check(X509_sign(c, read_key(options.issuer->key).get(), EVP_sha256()) > 0);
  } else {
    check(X509_set_issuer_name(c, name) == 1 && X509_sign(c, key.get(), EVP_sha256()) > 0);
  }
  const Bio certificate_text(BIO_new(BIO_s_mem())), key_text(BIO_new(BIO_s_mem()));
  check(PEM_write_bio_X509(certificate_text.get(), c) == 1);
  check(PEM_write_bio_PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return {text_of(certificate_text), text_of(key_text)};
}

std::string locked_key(const Identity& identity) {
  const Key key = read_key(identity.key);
  const Bio out(BIO_new(BIO_s_mem()));
  const unsigned char passphrase[] = "swordfish";
  check(PEM_write_bio_PrivateKey(out.get(), key.get(), EVP_aes_256_cbc(), passphrase, sizeof passphrase - 1, nullptr,
                                 nullptr) == 1);
  return text_of(out);
}

}  // namespace imcaxy::test
