#include "cdn.hpp"

#include <algorithm>
#include <span>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/hash.hpp"
#include "commands.hpp"
#include "config/load.hpp"
#include "http/query.hpp"
#include "wording.hpp"

namespace imcaxy::command {
namespace {

using nlohmann::json;
using Items = std::span<const std::string>;

/// In a request, as their documentation has it. What CloudFront takes at once is bounded by what it takes at all: 3000.
constexpr std::size_t most_of_cloudflare = 100, most_of_fastly = 256, most_of_cloudfront = 1000;

constexpr const char* names[] = {"cloudflare", "fastly", "cloudfront"};

const char* name_of(Cdn::Kind kind) {
  return names[static_cast<std::size_t>(kind)];
}

/// Purges with one CDN, as its API wants it.
struct Purging {
  const CdnSecrets& secrets;
  const std::string& api;
  const Cdn& cdn;
  Caller& caller;

  std::string base(const char* usual) const { return api.empty() ? usual : api; }

  Outcome<void> ask(http::ClientRequest request, unsigned expected) const {
    request.timeout = std::chrono::minutes(1);
    const auto answer = caller.call(name_of(cdn.kind), std::move(request));
    if (!answer) return give_up(failed, answer.error());
    if (answer->status == expected && accepted(answer->body.view())) return {};
    return give_up(failed, fmt::format("{} did not purge {}: it answered {}: {}", name_of(cdn.kind), cdn.id,
                                       answer->status, shown(answer->body.view())));
  }
  /// Cloudflare says in its body whether it did it.
  bool accepted(std::string_view body) const {
    if (cdn.kind != Cdn::Kind::cloudflare) return true;
    const json answer = json::parse(body, nullptr, false);
    return answer.is_object() && answer.value("success", json()) == true;
  }

  /// https://developers.cloudflare.com/api/resources/cache/methods/purge/
  Outcome<void> cloudflare(const char* what, Items items) const {
    return ask({.method = "POST",
                .url = base("https://api.cloudflare.com/client/v4") + "/zones/" + http::percent_encode(cdn.id) +
                       "/purge_cache",
                .headers = {"Authorization: Bearer " + secrets.cloudflare_token, "Content-Type: application/json"},
                .body = Bytes::adopt(json{{what, std::vector<std::string>(items.begin(), items.end())}}.dump())},
               200);
  }

  /// https://www.fastly.com/documentation/reference/api/purging/
  Outcome<void> fastly_tags(Items tags) const {
    return ask(
        {.method = "POST",
         .url = base("https://api.fastly.com") + "/service/" + http::percent_encode(cdn.id) + "/purge",
         .headers = {"Fastly-Key: " + secrets.fastly_token, "Accept: application/json",
                     "Content-Type: application/json"},
         .body = Bytes::adopt(json{{"surrogate_keys", std::vector<std::string>(tags.begin(), tags.end())}}.dump())},
        200);
  }
  Outcome<void> fastly_url(const std::string& url) const {
    const std::string bare = url.substr(url.find("://") + 3);
    return ask({.method = "POST",
                .url = base("https://api.fastly.com") + "/purge/" + bare,
                .headers = {"Fastly-Key: " + secrets.fastly_token, "Accept: application/json"}},
               200);
  }

  /// https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CreateInvalidation.html
  Outcome<void> cloudfront(Items paths) const {
    std::string items;
    for (const std::string& path : paths) items += "<Path>" + escaped(path) + "</Path>";
    const std::string body = fmt::format(
        R"(<?xml version="1.0" encoding="UTF-8"?><InvalidationBatch xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/"><CallerReference>imcaxy-{}</CallerReference><Paths><Items>{}</Items><Quantity>{}</Quantity></Paths></InvalidationBatch>)",
        random_hex(12), items, paths.size());
    http::ClientRequest request{.method = "POST",
                                .url = base("https://cloudfront.amazonaws.com") + "/2020-05-31/distribution/" +
                                       http::percent_encode(cdn.id) + "/invalidation",
                                .headers = {"Content-Type: application/xml"},
                                .body = Bytes::copy(body),
                                .signature = "aws:amz:us-east-1:cloudfront",
                                .credentials = secrets.aws_key + ":" + secrets.aws_secret};
    if (!secrets.aws_session.empty()) request.headers.push_back("X-Amz-Security-Token: " + secrets.aws_session);
    return ask(std::move(request), 201);
  }
  static std::string escaped(const std::string& text) {
    std::string out;
    for (const char c : text) out += c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : std::string(1, c);
    return out;
  }
};

template <class Send>
Outcome<void> in_parts(Items items, std::size_t most, Send send) {
  for (std::size_t begin = 0; begin < items.size(); begin += most)
    if (auto ok = send(items.subspan(begin, std::min(most, items.size() - begin))); !ok) return ok;
  return {};
}

Outcome<void> purge_one(const Purging& purging, const CdnPurge& what) {
  const bool by_tag = !what.tags.empty();
  const Items items = by_tag ? what.tags : what.urls;
  switch (purging.cdn.kind) {
    case Cdn::Kind::cloudflare:
      return in_parts(items, most_of_cloudflare,
                      [&](Items part) { return purging.cloudflare(by_tag ? "tags" : "files", part); });
    case Cdn::Kind::fastly:
      return by_tag ? in_parts(items, most_of_fastly, [&](Items part) { return purging.fastly_tags(part); })
                    : in_parts(items, 1, [&](Items part) { return purging.fastly_url(part.front()); });
    case Cdn::Kind::cloudfront:
      break;
  }
  std::vector<std::string> paths;
  for (const std::string& item : items)
    paths.push_back(by_tag ? "#" + item : item.substr(item.find('/', item.find("://") + 3)));
  return in_parts(paths, most_of_cloudfront, [&](Items part) { return purging.cloudfront(part); });
}

}  // namespace

Outcome<Cdn> Cdn::parse(const std::string& text) {
  for (const Kind kind : {Kind::cloudflare, Kind::fastly, Kind::cloudfront}) {
    const std::string prefix = std::string(name_of(kind)) + ":";
    if (text.starts_with(prefix) && text.size() > prefix.size()) return Cdn{kind, text.substr(prefix.size())};
  }
  return give_up(wrong_usage, fmt::format("--cdn '{}' is not known; allowed are cloudflare:ZONE, fastly:SERVICE and "
                                          "cloudfront:DISTRIBUTION, with their identifiers",
                                          text));
}

CdnSecrets read_cdn_secrets() {
  const auto environment = config::process_environment();
  const auto value = [&](const char* name) {
    const auto it = environment.find(name);
    return it == environment.end() ? std::string() : it->second;
  };
  return {value("CLOUDFLARE_API_TOKEN"), value("FASTLY_API_TOKEN"), value("AWS_ACCESS_KEY_ID"),
          value("AWS_SECRET_ACCESS_KEY"), value("AWS_SESSION_TOKEN")};
}

Outcome<CdnPurger> CdnPurger::make(std::vector<Cdn> cdns, CdnSecrets secrets, std::string api) {
  std::ranges::stable_sort(cdns, {}, &Cdn::kind);
  for (const Cdn& cdn : cdns) {
    const char* missing = nullptr;
    if (cdn.kind == Cdn::Kind::cloudflare && secrets.cloudflare_token.empty()) missing = "CLOUDFLARE_API_TOKEN";
    if (cdn.kind == Cdn::Kind::fastly && secrets.fastly_token.empty()) missing = "FASTLY_API_TOKEN";
    if (cdn.kind == Cdn::Kind::cloudfront && (secrets.aws_key.empty() || secrets.aws_secret.empty()))
      missing = "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";
    if (missing) return give_up(wrong_usage, fmt::format("--cdn {}: set {}", name_of(cdn.kind), missing));
  }
  while (api.ends_with('/')) api.pop_back();
  return CdnPurger(std::move(cdns), std::move(secrets), std::move(api));
}

Outcome<void> CdnPurger::purge(const CdnPurge& what, Caller& caller) const {
  for (const Cdn& cdn : cdns_)
    if (auto ok = purge_one({secrets_, api_, cdn, caller}, what); !ok) return ok;
  return {};
}

}  // namespace imcaxy::command
