#include "http/relative.hpp"

#include <algorithm>
#include <memory>
#include <string>

#include <curl/curl.h>

#include "base/text.hpp"

namespace imcaxy::http {
namespace {

struct Free {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
  void operator()(char* text) const { curl_free(text); }
};

/// Line ends and tabs within an address mean nothing to browsers, and blanks at its ends do neither.
std::string cleaned(std::string_view reference) {
  std::string out(trimmed(reference));
  std::erase_if(out, [](char c) { return c == '\n' || c == '\r' || c == '\t'; });
  return out;
}

}  // namespace

Result<Url> resolve(const Url& base, std::string_view reference) {
  const std::unique_ptr<CURLU, Free> url(curl_url());
  const std::string wanted = cleaned(reference);
  // An empty one is the document itself, and never a picture.
  const bool right = url && !wanted.empty() && wanted.find('\0') == wanted.npos &&
                     curl_url_set(url.get(), CURLUPART_URL, base.text.c_str(), 0) == CURLUE_OK &&
                     curl_url_set(url.get(), CURLUPART_URL, wanted.c_str(), CURLU_URLENCODE) == CURLUE_OK;
  char* text = nullptr;
  if (!right || curl_url_get(url.get(), CURLUPART_URL, &text, 0) != CURLUE_OK)
    return fail(400, "no http or https URL: '" + wanted.substr(0, 200) + "'");
  const std::unique_ptr<char, Free> owner(text);
  return parse_url(text);
}

}  // namespace imcaxy::http
