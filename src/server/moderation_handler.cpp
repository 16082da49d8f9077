#include "server/moderation_handler.hpp"

#include <chrono>
#include <set>

#include <nlohmann/json.hpp>

#include "http/query.hpp"
#include "server/invalidation_handler.hpp"

namespace imcaxy::server {
namespace {

using nlohmann::ordered_json;

constexpr auto patience = std::chrono::minutes(5);
constexpr std::size_t longest_reason = 1000;

http::Response refusal(const Error& error) {
  return std::move(
      http::Response::text(static_cast<unsigned>(error.status), error.message).add("Cache-Control", "no-store"));
}

http::Response answer(const ordered_json& body) {
  http::Response response =
      http::Response::json(200, body.dump(-1, ' ', false, ordered_json::error_handler_t::replace));
  response.add("Cache-Control", "no-store");
  return response;
}

ordered_json to_json(const cache::Block& block) {
  ordered_json out{{"did", block.owner}};
  if (!block.cid.empty()) out["cid"] = block.cid;
  if (!block.reason.empty()) out["reason"] = block.reason;
  out["since"] = to_rfc3339(block.since);
  return out;
}

/// The member of a JSON object that has to be a text; empty when it is not there.
Result<std::string> text_of(const ordered_json& object, const char* name) {
  const auto it = object.find(name);
  if (it == object.end() || it->is_null()) return "";
  if (!it->is_string()) return fail(400, std::string(name) + " in the JSON body has to be a string");
  return it->get<std::string>();
}

/// The CIDs of an owner's blobs among what was removed.
std::set<std::string> cids_of(const std::vector<cache::Purged>& purged, const std::string& prefix) {
  std::set<std::string> out;
  for (const cache::Purged& each : purged)
    if (each.meta.source_url.starts_with(prefix)) out.insert(each.meta.source_url.substr(prefix.size()));
  return out;
}

}  // namespace

Task<http::Response> ModerationHandler::purge(const http::Request& request, std::string_view path) {
  if (!options_.authorized(request)) co_return unauthorized();
  const std::size_t slash = path.find('/');
  auto subject = reader_.read_subject(path.substr(0, slash), slash == path.npos ? "" : path.substr(slash + 1));
  if (!subject) co_return refusal(subject.error());
  auto done = co_await purged(std::move(*subject));
  if (!done) co_return refusal(done.error());
  co_return std::move(*done);
}

Task<http::Response> ModerationHandler::block(const http::Request& request) {
  if (!options_.authorized(request)) co_return unauthorized();
  if (request.is_get_or_head()) co_return list();
  if (request.method == http::Method::post) co_return co_await add(request);
  if (request.method == http::Method::delete_) co_return co_await remove(request);
  http::Response response = http::Response::text(405, "this route answers GET, HEAD, POST, DELETE only");
  response.add("Allow", "GET, HEAD, POST, DELETE");
  co_return response;
}

Task<http::Response> ModerationHandler::add(const http::Request& request) {
  const ordered_json body = ordered_json::parse(request.body, nullptr, false);
  if (!body.is_object())
    co_return refusal(
        {400,
         R"(the body has to be a JSON object: {"did": "...", "cid": "...", "reason": "..."}, cid and reason optional)",
         ""});
  const auto did = text_of(body, "did"), cid = text_of(body, "cid"), reason = text_of(body, "reason");
  for (const auto* text : {&did, &cid, &reason})
    if (!*text) co_return refusal(text->error());
  if (reason->size() > longest_reason) co_return refusal({400, "reason has to be at most 1000 bytes", ""});
  auto subject = reader_.read_subject(*did, *cid);
  if (!subject) co_return refusal(subject.error());

  const cache::Block block{subject->owner.text, subject->cid ? subject->cid->text : "", *reason, Clock::system().now()};
  // First blocked, then purged: nothing comes back in between.
  auto write = [this, block] { return writer_.add(block); };
  const Result<void> added = co_await run_on(disk_pool_, patience, std::move(write));
  if (!added) co_return refusal(added.error());
  auto done = co_await purged(std::move(*subject));
  if (!done) co_return refusal(done.error());
  co_return std::move(*done);
}

Task<http::Response> ModerationHandler::remove(const http::Request& request) {
  const http::Query query = http::parse_query(request.query);
  auto subject = reader_.read_subject(http::find(query, "did").value_or(""), http::find(query, "cid").value_or(""));
  if (!subject) co_return refusal(subject.error());
  auto write = [this, owner = subject->owner.text, cid = subject->cid ? subject->cid->text : ""] {
    return writer_.remove(owner, cid);
  };
  const Result<bool> removed = co_await run_on(disk_pool_, patience, std::move(write));
  if (!removed) co_return refusal(removed.error());
  if (!*removed) co_return refusal({404, "there is no such block; GET /img/block lists them", ""});
  co_return answer({{"unblocked", true}});
}

http::Response ModerationHandler::list() const {
  ordered_json blocks = ordered_json::array();
  for (const cache::Block& block : blocks_.list()) blocks.push_back(to_json(block));
  return answer({{"blocks", std::move(blocks)}});
}

Task<Result<http::Response>> ModerationHandler::purged(Subject subject) {
  const std::string prefix = atproto::owner_prefix(subject.owner);
  cache::UrlSet set;
  if (subject.cid) {
    set.urls.insert(prefix + subject.cid->text);
  } else {
    set.prefixes.push_back(prefix);
  }
  using Removed = cache::InvalidationService::Removed;
  auto work = [this, set]() -> Result<Removed> { return invalidations_.purge(set); };
  const Result<Removed> removed = co_await run_on(disk_pool_, patience, std::move(work));
  if (!removed) co_return std::unexpected(removed.error());

  std::set<std::string> cids = cids_of(removed->entries, prefix);
  if (subject.cid) cids.insert(subject.cid->text);  // the CDN may have what we do not have any more
  std::vector<std::string> paths;
  for (const std::string& cid : cids)
    for (const std::string& path : reader_.paths_of({subject.owner, {cid, ""}}))
      paths.push_back(options_.path_prefix + "/img/" + path);
  ordered_json body{{"did", subject.owner.text}};
  if (subject.cid) body["cid"] = subject.cid->text;
  body["purged"] = removed->entries.size();
  body["blobs"] = cids;
  if (cdn_.enabled()) {
    const std::size_t count = paths.size(), failed = co_await cdn_.purge(std::move(paths));
    body["cdnPurged"] = count - failed;
    body["cdnFailed"] = failed;
  }
  if (removed->error) body["error"] = *removed->error;
  http::Response response = answer(body);
  if (removed->error) response.status = 500;
  co_return response;
}

}  // namespace imcaxy::server
