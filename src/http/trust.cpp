#include "http/trust.hpp"

#include <curl/curl.h>
#include <unistd.h>

#include <initializer_list>

namespace imcaxy::http {
namespace {

const char* find() {
  const curl_version_info_data* curl = curl_version_info(CURLVERSION_NOW);
  if (curl->age >= CURLVERSION_SEVENTH && curl->cainfo != nullptr && access(curl->cainfo, R_OK) == 0) return nullptr;
  for (const char* file :
       {"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"})
    if (access(file, R_OK) == 0) return file;
  return nullptr;
}

}  // namespace

const char* certificates_elsewhere() {
  static const char* const found = find();
  return found;
}

}  // namespace imcaxy::http
