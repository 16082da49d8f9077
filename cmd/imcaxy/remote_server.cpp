#include "remote_server.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "http/query.hpp"
#include "wording.hpp"

namespace imcaxy::command {
namespace {

using nlohmann::json;

/// What is no JSON object becomes an empty one, whose fields are missing.
json object_of(const http::ClientResponse& answer) {
  json body = json::parse(answer.body.view(), nullptr, false);
  return body.is_object() ? body : json::object();
}

std::string text_at(const json& object, const char* name) {
  const auto it = object.find(name);
  return it != object.end() && it->is_string() ? it->get<std::string>() : "";
}

std::vector<std::string> texts_at(const json& object, const char* name) {
  std::vector<std::string> out;
  if (const auto it = object.find(name); it != object.end() && it->is_array())
    for (const json& item : *it)
      if (item.is_string()) out.push_back(item.get<std::string>());
  return out;
}

bool is_model(const json& body) {
  return body.contains("projectName") && body.contains("doneInvalidations");
}

/// In the order in which they were asked for.
std::vector<std::string> not_done(const json& model) {
  std::vector<std::string> done = texts_at(model, "doneInvalidations"), left;
  std::ranges::sort(done);
  for (std::string& url : texts_at(model, "requestedInvalidations"))
    if (!std::ranges::binary_search(done, url)) left.push_back(std::move(url));
  return left;
}

std::vector<ForgottenImage> images_of(const json& model) {
  std::vector<ForgottenImage> images;
  if (const auto it = model.find("invalidatedImages"); it != model.end() && it->is_array())
    for (const json& image : *it)
      images.push_back({text_at(image, "rawRequest"), text_at(image, "mimeType"), text_at(image, "sourceImageURL")});
  return images;
}

}  // namespace

Outcome<ServerAddress> ServerAddress::parse(const std::string& text, const char* flag) {
  const auto url = http::parse_url(text);
  if (!url)
    return give_up(wrong_usage, fmt::format("{} '{}' is no address such as https://img.example.com: {}", flag, text,
                                            url.error().message));
  if (url->text.find('?') != url->text.npos)
    return give_up(wrong_usage, fmt::format("{} '{}' must not have a query", flag, text));
  ServerAddress address;
  address.origin = url->scheme + "://" + url->authority;
  address.path = url->path;
  while (address.path.ends_with('/')) address.path.pop_back();
  address.base = address.origin + address.path;
  return address;
}

std::string ServerAddress::url_of(const std::string& target) const {
  return (target.starts_with(path + "/") ? origin : base) + target;
}

Failure RemoteServer::unexpected_answer(const http::ClientResponse& answer) const {
  if (answer.status == 401)
    return {failed, fmt::format("{} does not accept the token: set IMCAXY_INVALIDATE_SECURITY_TOKEN to the server's, "
                                "or name a file that has it with --token-file (the server keeps it in <data dir>/token "
                                "unless it is configured)",
                                address_.base)};
  if (!answer.redirect_to.empty())
    return {failed, fmt::format("{} sends elsewhere, to {}: name that server with --server", address_.base,
                                shown(answer.redirect_to))};
  if (answer.status == 413)
    return {failed, fmt::format("{} takes no request so large: lower --batch, or raise IMCAXY_MAX_BODY_BYTES of the "
                                "server or the limit of what stands in front of it",
                                address_.base)};
  return {failed, fmt::format("{} answered {}, which no Imcaxy does: {}", address_.base, answer.status,
                              shown(answer.body.view()))};
}

Outcome<std::optional<LatestInvalidation>> RemoteServer::latest(const std::string& project) {
  const std::string url = address_.base + "/latestInvalidation?projectName=" + http::percent_encode(project);
  const auto answer = caller_.call(address_.base, {.url = url});
  if (!answer) return give_up(failed, answer.error());
  const json model = object_of(*answer);
  if (!is_model(model) || (answer->status != 200 && answer->status != 404))
    return std::unexpected(unexpected_answer(*answer));
  LatestInvalidation latest{text_at(model, "commitHash"), {}};
  if (answer->status == 404 || latest.commit.empty()) return std::nullopt;
  if (!text_at(model, "invalidationError").empty()) latest.left = not_done(model);
  return latest;
}

Outcome<std::vector<ForgottenImage>> RemoteServer::invalidate(const std::string& project, const std::string& commit,
                                                              const std::vector<std::string>& urls) {
  const json wanted{{"projectName", project}, {"latestCommitHash", commit}, {"urls", urls}};
  const auto answer =
      caller_.call(address_.base, {.method = "DELETE",
                                   .url = address_.base + "/invalidate",
                                   .headers = {"Authorization: Bearer " + token_, "Content-Type: application/json"},
                                   .body = Bytes::adopt(wanted.dump(-1, ' ', false, json::error_handler_t::replace))});
  if (!answer) return give_up(failed, answer.error());
  const json model = object_of(*answer);
  if (!is_model(model)) return std::unexpected(unexpected_answer(*answer));
  if (answer->status == 200) return images_of(model);
  return give_up(failed,
                 fmt::format("{} could not do all: {}", address_.base, shown(text_at(model, "invalidationError"))));
}

}  // namespace imcaxy::command
