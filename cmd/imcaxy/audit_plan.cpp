#include "audit_plan.hpp"

#include <algorithm>
#include <future>

#include <fmt/format.h>

#include "base/text.hpp"
#include "commands.hpp"
#include "config/version.hpp"
#include "http/url.hpp"
#include "warm_list.hpp"
#include "warmer.hpp"
#include "wording.hpp"

namespace imcaxy::command {
namespace {

/// The longest pages of the web have a tenth of it.
constexpr std::uint64_t most_page_bytes = 8u << 20;
constexpr int most_redirects = 5;

http::Client::Outcome ask(http::Client& client, const std::string& url, std::chrono::milliseconds limit) {
  http::ClientRequest request{
      .url = url,
      .headers = {"User-Agent: " + audit_user_agent(), "Accept: text/html,application/xhtml+xml;q=0.9,*/*;q=0.5"},
      .max_bytes = most_page_bytes,
      .timeout = limit};
  std::promise<http::Client::Outcome> promise;
  client.send(std::move(request), [&](http::Client::Outcome outcome) { promise.set_value(std::move(outcome)); });
  return promise.get_future().get();
}

std::string reason_of(const http::ClientFailure& failure) {
  using Kind = http::ClientFailure::Kind;
  if (failure.kind == Kind::refused_address)
    return "its address is not public: --allow-private-sources true allows those of your own network";
  if (failure.kind == Kind::too_large) return fmt::format("it has more than the {} bytes of a page", most_page_bytes);
  return failure.text;
}

bool is_html(const http::ClientResponse& answer) {
  const std::string type = ascii_lower(trimmed(answer.content_type.substr(0, answer.content_type.find(';'))));
  if (!type.empty()) return type == "text/html" || type == "application/xhtml+xml";
  const std::string_view body = answer.body.view();
  return ascii_lower(body.substr(0, 1024)).find("<html") != std::string::npos;
}

/// The page, and what its address was in the end.
Outcome<http::ClientResponse> fetch_page(http::Client& client, http::Url& url, std::chrono::milliseconds limit) {
  const std::string asked = url.text;
  for (int redirects = 0; redirects <= most_redirects; ++redirects) {
    auto answer = ask(client, url.text, limit);
    if (!answer) return give_up(failed, fmt::format("{} can't be read: {}", url.text, reason_of(answer.error())));
    if (answer->redirect_to.empty()) {
      if (answer->status == 200) return std::move(*answer);
      return give_up(failed, fmt::format("{} can't be read: its server answers {}", url.text, answer->status));
    }
    auto next = http::parse_url(answer->redirect_to);
    if (!next)
      return give_up(failed,
                     fmt::format("{} leads to what is no address of a page: {}", url.text, next.error().message));
    url = std::move(*next);
  }
  return give_up(failed, fmt::format("{} leads from one address to another without an end", asked));
}

}  // namespace

std::string audit_user_agent() {
  return fmt::format("imcaxy/{} (imcaxy audit)", version_text);
}

const std::array<AuditClient, audit_clients>& all_audit_clients() {
  static const std::vector<std::string> modern{"image/avif", "image/webp"};
  static const std::array<AuditClient, audit_clients> clients{
      {{"phone", "390 px, 3x, AVIF", {{390, 844, 3}, modern}, accept_of_browsers},
       {"laptop", "1440 px, 2x, AVIF", {{1440, 900, 2}, modern}, accept_of_browsers},
       {"legacy", "1366 px, 1x, JPEG", {{1366, 768, 1}, {}}, accept_of_others}}};
  return clients;
}

Outcome<AuditPlan> read_page(http::Client& client, const std::string& address, std::chrono::milliseconds limit) {
  auto url = http::parse_url(address);
  if (!url)
    return give_up(wrong_usage, fmt::format("'{}' is no address of a page, such as https://example.com/: {}",
                                            shown(address), url.error().message));
  const auto answer = fetch_page(client, *url, limit);
  if (!answer) return std::unexpected(answer.error());
  if (!is_html(*answer))
    return give_up(failed,
                   fmt::format("{} is {} and no HTML page: name a page, or give addresses of pictures with --urls",
                               url->text, answer->content_type.empty() ? "of no type" : shown(answer->content_type)));
  page::Found found = page::find_pictures(answer->body.view(), *url);
  if (found.pictures.empty())
    return give_up(failed,
                   fmt::format("{} names no picture in its HTML{}: what scripts and stylesheets bring is not seen, "
                               "give their addresses with --urls",
                               url->text, found.inlined > 0 ? " but those that it carries as data: addresses" : ""));
  if (found.beyond > 0)
    return give_up(failed, fmt::format("{} names more than {} pictures: give those that matter with --urls", url->text,
                                       found.pictures.size()));
  return AuditPlan{url->text, std::move(found.pictures), found.inlined, found.unusable};
}

Outcome<AuditPlan> read_picture_list(const std::string& file, std::optional<double> width) {
  const auto lines = read_list(file);
  if (!lines) return std::unexpected(lines.error());
  AuditPlan plan;
  for (const std::string& line : *lines) {
    const auto url = http::parse_url(line);
    if (!url)
      return give_up(wrong_usage,
                     fmt::format("--urls: '{}' is no address of a picture: {}", shown(line), url.error().message));
    page::Picture picture{page::Kind::image, {page::Offer{.candidates = {{.url = url->text}}, .width = width}}};
    if (std::ranges::find(plan.pictures, picture) == plan.pictures.end()) plan.pictures.push_back(std::move(picture));
  }
  if (plan.pictures.empty()) return give_up(wrong_usage, "--urls: there is no address in the list");
  return plan;
}

}  // namespace imcaxy::command
