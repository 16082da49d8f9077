#include "server/router.hpp"

#include "server/gzip.hpp"

namespace imcaxy::server {
namespace {

constexpr std::string_view imaginary = "/imaginary/", img = "/img/", block_list = "block";

void note(http::Request& request, Route route) {
  request.route = static_cast<std::uint8_t>(route);
}

http::Response only(std::string_view methods) {
  http::Response response = http::Response::text(405, "this route answers " + std::string(methods) + " only");
  response.add("Allow", methods);
  return response;
}

Task<http::Response> compressed_later(Task<http::Response> reply, http::Request& request) {
  http::Response response = co_await std::move(reply);
  co_return compressed(std::move(response), request);
}

}  // namespace

std::optional<std::string_view> Router::below_prefix(std::string_view path) const {
  if (!path.starts_with(options_.path_prefix)) return std::nullopt;
  path.remove_prefix(options_.path_prefix.size());
  return path.empty() ? "/" : path;
}

http::Handler::Reply Router::handle(http::Request& request) {
  Reply reply = route(request);
  const auto route_taken = static_cast<Route>(request.route);
  // Pictures and figures of them, and pages that were compressed when they were built.
  for (const Route whole : {Route::imaginary, Route::blob, Route::web, Route::index})
    if (route_taken == whole) return reply;
  if (auto* response = std::get_if<http::Response>(&reply)) return compressed(std::move(*response), request);
  return compressed_later(std::get<Task<http::Response>>(std::move(reply)), request);
}

http::Handler::Reply Router::route(http::Request& request) {
  const auto path = below_prefix(request.path);
  if (path && path->starts_with(imaginary)) return below_imaginary(request, path->substr(imaginary.size()));
  if (path && to_.blobs && path->starts_with(img)) return below_img(request, path->substr(img.size()));
  if (!path) return to_.images.error({404, "Not found", ""});
  if (*path == "/invalidate") {
    note(request, Route::invalidate);
    if (request.method != http::Method::delete_) return only("DELETE");
    return to_.invalidations.invalidate(request);
  }
  struct StatusRoute {
    std::string_view path;
    Route route;
    http::Response (StatusHandler::*answer)() const;
  };
  static constexpr StatusRoute status_routes[] = {{"/health", Route::health, &StatusHandler::health},
                                                  {"/ready", Route::ready, &StatusHandler::ready},
                                                  {"/metrics", Route::metrics, &StatusHandler::metrics},
                                                  {"/stats", Route::stats, &StatusHandler::stats},
                                                  {"/version", Route::version, &StatusHandler::version}};
  for (const StatusRoute& route : status_routes) {
    if (*path != route.path) continue;
    note(request, route.route);
    return request.is_get_or_head() ? (to_.status.*route.answer)() : only("GET, HEAD");
  }
  if (auto page = for_browsers(request, *path)) return std::move(*page);
  const bool latest = *path == "/latestInvalidation" || *path == "/lastInvalidation";
  if (!latest && *path != "/" && *path != "/imaginary") return to_.images.error({404, "Not found", ""});
  note(request, latest ? Route::latest_invalidation : Route::index);
  if (!request.is_get_or_head()) return only("GET, HEAD");
  if (latest) return to_.invalidations.latest(request);
  return *path == "/" ? to_.status.imaginary_index() : gated_index(request);
}

std::optional<http::Handler::Reply> Router::for_browsers(http::Request& request, std::string_view path) {
  constexpr std::string_view dashboard = "/dashboard/api/", playground = "/playground/api/";
  if (path.starts_with(dashboard)) {
    note(request, Route::dashboard);
    if (!request.is_get_or_head()) return only("GET, HEAD");
    return to_.dashboard.handle(request, path.substr(dashboard.size()));
  }
  if (to_.playground && path.starts_with(playground)) {
    note(request, Route::playground);
    return to_.playground->handle(request, path.substr(playground.size()));
  }
  // What is no browser gets the versions, as from Imaginary.
  if (path == "/" && request.header("Accept").value_or("").find("text/html") == std::string_view::npos)
    return std::nullopt;
  auto page = to_.pages.find(request, path);
  if (!page) return std::nullopt;
  note(request, path == "/" ? Route::index : Route::web);
  if (!request.is_get_or_head()) return only("GET, HEAD");
  return std::move(*page);
}

http::Handler::Reply Router::gated_index(http::Request& request) {
  if (auto refusal = to_.images.refuse(request, "")) return std::move(*refusal);
  return to_.status.imaginary_index();
}

http::Handler::Reply Router::below_img(http::Request& request, std::string_view path) {
  if (path == block_list) {
    note(request, Route::moderation);
    return to_.moderation->block(request);
  }
  if (request.method == http::Method::delete_) {
    note(request, Route::moderation);
    return to_.moderation->purge(request, path);
  }
  note(request, Route::blob);
  if (request.is_get_or_head()) return to_.blobs->handle(request, path);
  http::Response response = only("GET, HEAD");
  response.headers += blob_safety_lines();
  return response;
}

http::Handler::Reply Router::below_imaginary(http::Request& request, std::string_view operation) {
  note(request, Route::imaginary);
  if (operation.empty()) return gated_index(request);
  const bool asks = request.is_get_or_head();
  if (asks && (operation == "health" || operation == "form")) {
    if (auto refusal = to_.images.refuse(request, operation)) return std::move(*refusal);
    return operation == "health" ? to_.status.health() : compressed(to_.status.form(), request);
  }
  return to_.images.handle(request, operation);
}

std::uint64_t Router::max_body_bytes(const http::Request& request) const {
  const auto path = below_prefix(request.path);
  const bool takes_one = path && ((request.method == http::Method::post &&
                                   (path->starts_with(imaginary) || path->starts_with("/playground/api/score/"))) ||
                                  (request.method == http::Method::delete_ && *path == "/invalidate"));
  // Elsewhere a small one is read and ignored, so that the connection can go on.
  return takes_one ? options_.max_body_bytes : 65536;
}

http::Response Router::refuse(unsigned status, std::string_view reason) const {
  return to_.images.error({static_cast<int>(status), std::string(reason), ""});
}

void Router::answered(const http::Request& request, unsigned status, std::uint64_t sent,
                      std::chrono::steady_clock::duration took) {
  metrics_.answered(static_cast<Route>(request.route), static_cast<CacheResult>(request.cache_result), status, sent,
                    {request.picture_kind, request.original_bytes, request.imaginary_bytes}, took);
  if (access_log_.enabled()) access_log_.write(request, status, sent, cache_result_names[request.cache_result], took);
}

}  // namespace imcaxy::server
