#include "warm_list.hpp"

#include <algorithm>
#include <iostream>
#include <iterator>

#include <fmt/format.h>

#include "atproto/cid.hpp"
#include "atproto/did.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "commands.hpp"
#include "gitdiff/pattern.hpp"
#include "http/query.hpp"
#include "picture_names.hpp"
#include "sitemap.hpp"

namespace imcaxy::command {
namespace {

constexpr std::size_t most_list_bytes = 256u << 20;
/// 50,000 sitemaps of 50 MB are what an index may name.
constexpr std::size_t most_sitemaps = 50001;
constexpr std::uint64_t most_sitemap_bytes = 64u << 20;
constexpr int retries = 2;

Outcome<std::string> fetch(Caller& caller, const std::string& url) {
  std::string now = url;
  for (int redirects = 0; redirects <= 5; ++redirects) {
    auto answer = caller.call(now, {.url = now, .timeout = std::chrono::minutes(1)});
    if (!answer) return give_up(failed, answer.error());
    if (answer->redirect_to.empty()) {
      if (answer->status != 200) return give_up(failed, fmt::format("the sitemap {} answers {}", now, answer->status));
      if (answer->body.view().starts_with("\x1f\x8b"))
        return give_up(failed, fmt::format("the sitemap {} is a gzip file: unpack it, and name a file with its "
                                           "addresses with --urls",
                                           now));
      if (answer->body.view().size() > most_sitemap_bytes)
        return give_up(failed, fmt::format("the sitemap {} is larger than a sitemap may be", now));
      return std::string(answer->body.view());
    }
    now = answer->redirect_to;
  }
  return give_up(failed, fmt::format("the sitemap {} leads from one address to another without an end", url));
}

/// Whether it asks the server for a picture; the site itself may live under the same name.
bool is_request(const ServerAddress& server, const http::Url& url) {
  return url.scheme + "://" + url.authority == server.origin &&
         (url.path.starts_with(server.path + "/imaginary/") || url.path.starts_with(server.path + "/img/"));
}

bool is_picture(const ServerAddress& server, const std::string& address) {
  static const gitdiff::Pattern names = *gitdiff::Pattern::compile(picture_names);
  const auto url = http::parse_url(address);
  return url && (is_request(server, *url) || names.finds(url->path));
}

}  // namespace

Outcome<std::vector<std::string>> read_list(const std::string& file, std::string_view flag) {
  std::string text;
  if (file == "-") {
    text.assign(std::istreambuf_iterator<char>(std::cin), {});
  } else {
    auto read = read_file(file, most_list_bytes);
    if (!read) return give_up(wrong_usage, fmt::format("{}: {}", flag, read.error().message));
    text = std::move(*read);
  }
  std::vector<std::string> lines = split_list(text, '\n');
  std::erase_if(lines, [](const std::string& line) { return line.starts_with('#'); });
  return lines;
}

Outcome<std::vector<std::string>> read_blobs(const std::string& file) {
  auto lines = read_list(file, "--atproto");
  if (!lines) return lines;
  for (std::string& line : *lines) {
    std::string words = line;
    std::ranges::replace_if(
        words, [](char c) { return c == ',' || c == '\t' || c == '\r'; }, ' ');
    const std::vector<std::string> parts = split_list(words, ' ');
    const bool right = parts.size() == 3 && atproto::parse_did(parts[0], true) && atproto::parse_cid(parts[1]);
    if (!right)
      return give_up(wrong_usage,
                     fmt::format("--atproto: '{}' is no line such as 'did:plc:... bafkrei... avatar'", line));
    line = fmt::format("/img/{}/plain/{}/{}", http::percent_encode(parts[2]), http::percent_encode(parts[0]), parts[1]);
  }
  return lines;
}

Outcome<std::vector<std::string>> read_sitemaps(const ServerAddress& server, const std::string& url) {
  Caller caller(retries);
  std::vector<std::string> waiting{url}, pictures;
  std::set<std::string> seen(waiting.begin(), waiting.end());
  while (!waiting.empty()) {
    const std::string next = std::move(waiting.back());
    waiting.pop_back();
    const auto xml = fetch(caller, next);
    if (!xml) return std::unexpected(xml.error());
    auto sitemap = read_sitemap(*xml);
    if (!sitemap) return give_up(failed, fmt::format("the sitemap {}: {}", next, sitemap.error().message));
    pictures.insert(pictures.end(), sitemap->pictures.begin(), sitemap->pictures.end());
    for (const std::string& page : sitemap->pages)
      if (is_picture(server, page)) pictures.push_back(page);
    for (const std::string& further : sitemap->sitemaps)
      if (seen.size() < most_sitemaps && seen.insert(further).second) waiting.push_back(further);
  }
  return pictures;
}

WarmTargets warm_targets(const ServerAddress& server, const std::vector<std::string>& entries,
                         const std::vector<std::string>& requests) {
  WarmTargets targets;
  for (const std::string& entry : entries) {
    if (entry.starts_with('/')) {
      targets.urls.insert(server.url_of(entry));
      continue;
    }
    const auto url = http::parse_url(entry);
    if (url && is_request(server, *url)) {
      targets.urls.insert(url->text);
    } else if (!url || requests.empty()) {
      targets.foreign.push_back(entry);
    } else {
      for (const std::string& request : requests)
        targets.urls.insert(fmt::format("{}{}url={}", server.url_of(request), request.contains('?') ? '&' : '?',
                                        http::percent_encode(url->text)));
    }
  }
  return targets;
}

}  // namespace imcaxy::command
