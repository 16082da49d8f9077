#include "http/url.hpp"

#include <cctype>
#include <memory>

#include <curl/curl.h>

#include "base/text.hpp"

namespace imcaxy::http {
namespace {

struct Handle {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};

/// A part of a parsed URL; empty when there is none.
std::string part(CURLU* url, CURLUPart what, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, what, &text, flags) != CURLUE_OK) return {};
  std::string out(text);
  curl_free(text);
  return out;
}

/// `%c3` as `%C3` (RFC 3986, section 6.2.2.1): what libcurl escapes itself it writes in small letters.
void capitalise_escapes(std::string& text) {
  const auto is_hex = [](char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; };
  for (std::size_t at = text.find('%'); at != text.npos; at = text.find('%', at + 1)) {
    if (at + 2 >= text.size() || !is_hex(text[at + 1]) || !is_hex(text[at + 2])) continue;
    for (const std::size_t digit : {at + 1, at + 2})
      if (text[digit] >= 'a') text[digit] = static_cast<char>(text[digit] - ('a' - 'A'));
  }
}

Result<Url> parse_once(std::string_view text) {
  const auto refuse = [](std::string why) { return fail(400, std::move(why)); };
  const std::unique_ptr<CURLU, Handle> url(curl_url());
  if (!url) return fail(503, "the server is busy; try again in a moment", "curl_url: no memory");
  if (text.find('\0') != text.npos) return refuse("it has a zero byte");
  const CURLUcode code =
      curl_url_set(url.get(), CURLUPART_URL, std::string(trimmed(text)).c_str(), CURLU_URLENCODE | CURLU_DISALLOW_USER);
  if (code != CURLUE_OK) return refuse(curl_url_strerror(code));

  Url out;
  out.scheme = ascii_lower(part(url.get(), CURLUPART_SCHEME));
  if (out.scheme != "http" && out.scheme != "https") return refuse("its scheme is not http or https");
  out.host = ascii_lower(part(url.get(), CURLUPART_HOST));
  while (out.host.ends_with('.')) out.host.pop_back();
  if (out.host.empty()) return refuse("it has no host");
  // Escapes were decoded: one that is left was none, and could be told apart from its double no more.
  if (out.host.find('%') != out.host.npos) return refuse("its host is not valid");
  if (curl_url_set(url.get(), CURLUPART_HOST, out.host.c_str(), 0) != CURLUE_OK) return refuse("its host is not valid");
  curl_url_set(url.get(), CURLUPART_FRAGMENT, nullptr, 0);
  out.path = part(url.get(), CURLUPART_PATH);
  const std::string port = part(url.get(), CURLUPART_PORT, CURLU_NO_DEFAULT_PORT);
  out.authority = port.empty() ? out.host : out.host + ":" + port;
  out.text = part(url.get(), CURLUPART_URL, CURLU_NO_DEFAULT_PORT);
  if (out.text.empty()) return refuse("it is not valid");
  capitalise_escapes(out.path);
  capitalise_escapes(out.text);
  return out;
}

/// One takes the host's escapes away, one its last dot, one finds nothing to do.
constexpr int most_rounds = 4;

}  // namespace

Result<Url> parse_url(std::string_view text) {
  // Only a host that is written plainly shows whether it is a number, which stands for an address: what comes out is
  // read again until nothing changes.
  std::string given(text);
  for (int round = 0; round < most_rounds; ++round) {
    auto url = parse_once(given);
    if (!url || url->text == given) return url;
    given = std::move(url->text);
  }
  return fail(400, "it is not valid");
}

}  // namespace imcaxy::http
