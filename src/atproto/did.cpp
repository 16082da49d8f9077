#include "atproto/did.hpp"

#include <algorithm>
#include <charconv>

namespace imcaxy::atproto {
namespace {

constexpr std::string_view plc_prefix = "did:plc:", web_prefix = "did:web:", port_mark = "%3A";
constexpr std::string_view base32 = "abcdefghijklmnopqrstuvwxyz234567";
constexpr std::size_t plc_length = 24, longest_host = 253, longest_label = 63;

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= longest_label && is_letter_or_digit(label.front()) &&
         is_letter_or_digit(label.back()) &&
         std::ranges::all_of(label, [](char c) { return is_letter_or_digit(c) || c == '-'; });
}

/// At least two labels: `localhost` and the like are nobody's name.
bool is_host(std::string_view host) {
  if (host.size() > longest_host || host.find('.') == host.npos) return false;
  for (;;) {
    const std::size_t dot = host.find('.');
    if (!is_label(host.substr(0, dot))) return false;
    if (dot == host.npos) return true;
    host.remove_prefix(dot + 1);
  }
}

bool is_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), port);
  return code == std::errc() && end == text.data() + text.size() && port > 0 && text.front() != '0';
}

std::unexpected<Error> invalid() {
  return fail(400, "invalid DID format");
}

Result<Did> web(std::string_view text, bool allow_localhost) {
  const std::string_view name = text.substr(web_prefix.size());
  if (is_host(name)) return Did{std::string(text), Did::Method::web, std::string(name)};
  const std::size_t mark = name.find(port_mark);
  if (!allow_localhost || name.substr(0, mark) != "localhost") return invalid();
  if (mark == name.npos) return Did{std::string(text), Did::Method::web, "localhost"};
  const std::string_view port = name.substr(mark + port_mark.size());
  if (!is_port(port)) return invalid();
  return Did{std::string(text), Did::Method::web, "localhost:" + std::string(port)};
}

}  // namespace

Result<Did> parse_did(std::string_view text, bool allow_localhost) {
  if (text.starts_with(web_prefix)) return web(text, allow_localhost);
  if (!text.starts_with(plc_prefix)) return invalid();
  const std::string_view id = text.substr(plc_prefix.size());
  if (id.size() != plc_length || id.find_first_not_of(base32) != id.npos) return invalid();
  return Did{std::string(text), Did::Method::plc, {}};
}

}  // namespace imcaxy::atproto
