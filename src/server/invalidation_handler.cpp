#include "server/invalidation_handler.hpp"

#include <chrono>

#include <nlohmann/json.hpp>

#include "base/hash.hpp"
#include "http/query.hpp"

namespace imcaxy::server {
namespace {

using nlohmann::json;

constexpr auto patience = std::chrono::minutes(5);

/// The fields of the JSON body that `name` has, as a list of strings; one string counts as a list of one.
Result<std::vector<std::string>> texts(const json& body, const char* name) {
  const auto it = body.find(name);
  std::vector<std::string> out;
  if (it == body.end() || it->is_null()) return out;
  const json list = it->is_array() ? *it : json::array({*it});
  for (const json& item : list) {
    if (!item.is_string()) return fail(400, std::string(name) + " in the JSON body has to be a list of strings");
    out.push_back(item.get<std::string>());
  }
  return out;
}

/// Whether the body says in so many words that no URL has changed, so that only the commit is to be recorded.
bool says_nothing_changed(const json& body) {
  const auto it = body.find("urls");
  return it != body.end() && it->is_array() && it->empty();
}

/// True when the body says that nothing changed.
Result<bool> read_body(const std::string& text, cache::InvalidationRequest& wanted) {
  if (text.empty()) return false;
  const json body = json::parse(text, nullptr, false);
  if (!body.is_object())
    return fail(400, "the body has to be a JSON object with projectName, latestCommitHash and urls or prefixes");
  const std::pair<const char*, std::string*> names[] = {{"projectName", &wanted.project_name},
                                                        {"latestCommitHash", &wanted.commit_hash}};
  for (const auto& [name, target] : names) {
    const auto it = body.find(name);
    if (it == body.end()) continue;
    if (!it->is_string()) return fail(400, std::string(name) + " in the JSON body has to be a string");
    *target = it->get<std::string>();
  }
  const std::pair<const char*, std::vector<std::string>*> lists[] = {{"urls", &wanted.urls},
                                                                     {"prefixes", &wanted.prefixes}};
  for (const auto& [name, target] : lists) {
    auto values = texts(body, name);
    if (!values) return std::unexpected(std::move(values.error()));
    target->insert(target->end(), values->begin(), values->end());
  }
  return says_nothing_changed(body);
}

Result<cache::InvalidationRequest> read(const http::Request& request) {
  cache::InvalidationRequest wanted;
  for (auto& [name, value] : http::parse_query(request.query)) {
    if (name == "projectName") wanted.project_name = value;
    if (name == "latestCommitHash") wanted.commit_hash = value;
    if (name == "urls") wanted.urls.push_back(value);
    if (name == "prefixes") wanted.prefixes.push_back(value);
  }
  const auto nothing_changed = read_body(request.body, wanted);
  if (!nothing_changed) return std::unexpected(nothing_changed.error());
  if (wanted.project_name.empty()) return fail(400, "projectName query parameter is required");
  if (wanted.commit_hash.empty()) return fail(400, "latestCommitHash query parameter is required");
  if (wanted.urls.empty() && wanted.prefixes.empty() && !*nothing_changed)
    return fail(400, "urls query parameter is required");
  return wanted;
}

http::Response plain(const Error& error) {
  return http::Response::text(static_cast<unsigned>(error.status), error.message);
}

}  // namespace

http::Response unauthorized() {
  http::Response response = http::Response::text(401, "access token authorization failed");
  response.add("WWW-Authenticate", "Bearer");
  return response;
}

bool InvalidationHandler::authorized(const http::Request& request) const {
  const auto header = request.header("Authorization");
  constexpr std::string_view scheme = "Bearer ";
  return header && header->starts_with(scheme) && equal_constant_time(header->substr(scheme.size()), token_);
}

Task<http::Response> InvalidationHandler::latest(const http::Request& request) {
  const http::Query query = http::parse_query(request.query);
  const std::string project(http::find(query, "projectName").value_or(""));
  if (project.empty()) co_return http::Response::text(400, "projectName query parameter is required");
  using Latest = Result<std::optional<cache::InvalidationModel>>;
  auto look_up = [this, project]() -> Latest { return service_.latest(project); };
  Latest found = co_await run_on(disk_pool_, patience, std::move(look_up));
  if (!found) co_return plain(found.error());
  http::Response response = *found ? http::Response::json(200, (*found)->to_json())
                                   : http::Response::json(404, cache::InvalidationModel::empty_json(project));
  response.add("Cache-Control", "no-store");
  co_return response;
}

Task<http::Response> InvalidationHandler::invalidate(const http::Request& request) {
  if (!authorized(request)) co_return unauthorized();
  auto wanted = read(request);
  if (!wanted) co_return plain(wanted.error());
  auto work = [this, asked = std::move(*wanted)]() -> Result<cache::InvalidationModel> {
    return service_.invalidate(asked);
  };
  auto model = co_await run_on(disk_pool_, patience, std::move(work));
  if (!model) co_return plain(model.error());
  http::Response response = http::Response::json(model->error ? 500 : 200, model->to_json());
  response.add("Cache-Control", "no-store");
  co_return response;
}

}  // namespace imcaxy::server
