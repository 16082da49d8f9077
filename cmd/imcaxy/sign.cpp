// `imcaxy sign`: a signed URL, as a server with the same key accepts it.
#include <memory>

#include <fmt/format.h>

#include "commands.hpp"
#include "http/query.hpp"
#include "http/url_signature.hpp"
#include "secrets.hpp"

namespace imcaxy::command {
namespace {

/// The query without signatures, otherwise as it is written.
std::string without_signature(std::string_view query) {
  std::string out;
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view part = query.substr(0, end);
    const http::Query parsed = http::parse_query(part);
    if (!part.empty() && !(parsed.size() == 1 && parsed.front().first == http::signature_parameter)) {
      if (!out.empty()) out += '&';
      out += part;
    }
    query.remove_prefix(end == query.npos ? query.size() : end + 1);
  }
  return out;
}

/// Where the path of `/path?query` or `https://host/path?query` begins; npos when there is none.
std::size_t path_begin(std::string_view target) {
  const std::size_t scheme = target.find("://");
  if (target.starts_with("http://") || target.starts_with("https://")) return target.find('/', scheme + 3);
  return target.starts_with('/') ? 0 : target.npos;
}

int sign(const std::string& target) {
  const auto secrets = read_secrets();
  if (!secrets) {
    complain(secrets.error().message);
    return wrong_usage;
  }
  const std::string& key = secrets->url_signature_key;
  if (key.empty()) {
    complain(
        "there is no key to sign with: set IMCAXY_URL_SIGNATURE_KEY (or IMCAXY_URL_SIGNATURE_KEY_FILE) to the "
        "server's");
    return wrong_usage;
  }
  const std::size_t begin = path_begin(target), question = target.find('?');
  if (begin == target.npos || question == target.npos || question < begin || target.contains('#')) {
    complain(
        fmt::format("'{}' is no path and query such as '/imaginary/resize?width=400&url=https://example.com/a.jpg' "
                    "(in quotes, because of the '&')",
                    target));
    return wrong_usage;
  }
  const std::string query = without_signature(std::string_view(target).substr(question + 1));
  const std::string signature = http::sign_url(target.substr(begin, question - begin), http::parse_query(query), key);
  fmt::print("{}?{}{}{}={}\n", target.substr(0, question), query, query.empty() ? "" : "&", http::signature_parameter,
             signature);
  return done;
}

}  // namespace

void add_sign(CLI::App& app, int& exit_status) {
  CLI::App* command = app.add_subcommand("sign", "Sign the URL of a picture");
  auto target = std::make_shared<std::string>();
  command->add_option("target", *target, "path and query as clients ask for them, or the whole URL")
      ->type_name("PATH?QUERY")
      ->required();
  command->footer(
      "The key is the server's, in IMCAXY_URL_SIGNATURE_KEY or in the file that IMCAXY_URL_SIGNATURE_KEY_FILE names.\n"
      "The signature holds for this path and this query, whatever the order of its parameters.\n\n"
      "Examples:\n  imcaxy sign '/imaginary/resize?width=400&url=https://example.com/a.jpg'\n  curl \"$(imcaxy sign "
      "'https://img.example.com/imaginary/info?url=https://example.com/a.jpg')\"");
  command->callback([target, &exit_status] { exit_status = sign(*target); });
}

}  // namespace imcaxy::command
