#include "server/web/pages.hpp"

#include <algorithm>
#include <array>

#include "server/gzip.hpp"

namespace imcaxy::server {
namespace {

constexpr std::string_view assets = "assets/";

/// Nothing of another origin, nothing inline, and in nobody's frame.
constexpr std::string_view policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

void add_safety(http::Response& response) {
  response.add("Content-Security-Policy", policy)
      .add("X-Content-Type-Options", "nosniff")
      .add("Referrer-Policy", "no-referrer")
      .add("Cross-Origin-Opener-Policy", "same-origin")
      .add("Cross-Origin-Resource-Policy", "same-origin");
}

/// With the slash that relative addresses of the page count from.
http::Response moved(const http::Request& request) {
  http::Response response = http::Response::text(301, "moved: add a slash");
  const std::size_t last = request.path.rfind('/');
  std::string to = std::string(request.path.substr(last + 1)) + "/";
  if (!request.query.empty()) to.append("?").append(request.query);
  response.add("Location", to);
  return response;
}

http::Response missing(unsigned status) {
  http::Response response;
  response.status = status;
  response.add("Content-Type", "text/html; charset=utf-8").add("Cache-Control", "no-store");
  add_safety(response);
  response.body = Bytes::copy(
      "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>Imcaxy</title>"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"></head>\n<body><main>\n"
      "<h1>Imcaxy</h1>\n<p>This server resizes, converts and caches images. Ask for one: "
      "<code>/imaginary/resize?width=400&amp;url=https://example.com/photo.jpg</code></p>\n"
      "<p>The playground and the dashboard are not part of this program: it was built without Node.js, which makes "
      "them. Install Node.js 20.19 or later, run <code>make build</code>, and start the server again.</p>\n"
      "<p>Everything else is here: <code>/health</code>, <code>/metrics</code>, <code>/stats</code>, "
      "<code>/version</code>.</p>\n</main></body>\n</html>\n");
  return response;
}

}  // namespace

WebPages::WebPages(std::span<const WebFile> files, bool playground) : playground_(playground) {
  for (const WebFile& file : files) {
    const auto tag = [&](std::string_view coding) { return '"' + std::string(file.hash) + std::string(coding) + '"'; };
    pages_.push_back({file, tag(""), tag("-gzip"), tag("-br")});
  }
}

const WebPages::Page* WebPages::page(std::string_view name) const {
  const auto found = std::ranges::find(pages_, name, [](const Page& page) { return page.file.path; });
  return found == pages_.end() ? nullptr : &*found;
}

std::optional<http::Response> WebPages::find(const http::Request& request, std::string_view path) const {
  path.remove_prefix(1);  // its slash
  if (!path.ends_with(".html"))
    if (const Page* const found = page(path)) return answer(request, *found);
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 3> names{
      {{"", "index.html"}, {"playground", "playground/index.html"}, {"dashboard", "dashboard/index.html"}}};
  for (const auto& [folder, file] : names) {
    const bool without_slash = path == folder && !request.path.ends_with('/');
    const bool with_slash = !folder.empty() && path.starts_with(folder) && path.substr(folder.size()) == "/";
    if (path != folder && !with_slash) continue;
    if (folder == "playground" && !playground_)
      return http::Response::text(404, "the playground is switched off here (IMCAXY_PLAYGROUND=false)\n");
    if (without_slash) return moved(request);
    const Page* const found = page(file);
    return found ? answer(request, *found) : missing(folder.empty() ? 200 : 501);
  }
  return std::nullopt;
}

http::Response WebPages::answer(const http::Request& request, const Page& page) const {
  const WebFile& file = page.file;
  http::Response response;
  response.add("Content-Type", file.type).add("Vary", "Accept-Encoding");
  // The name of an asset changes with its bytes.
  response.add("Cache-Control", file.path.starts_with(assets) ? "public, max-age=31536000, immutable" : "no-cache");
  add_safety(response);
  const auto send = [&](std::string_view body, const std::string& etag, std::string_view coding) {
    response.body = Bytes::wrap(body, nullptr);  // lives as long as the program
    response.etag = etag;
    response.add("ETag", etag);
    if (!coding.empty()) response.add("Content-Encoding", coding);
  };
  if (!file.brotli.empty() && accepts_coding(request, "br")) {
    send(file.brotli, page.etag_brotli, "br");
  } else if (!file.gzip.empty() && accepts_coding(request, "gzip")) {
    send(file.gzip, page.etag_gzip, "gzip");
  } else {
    send(file.plain, page.etag, "");
  }
  return response;
}

}  // namespace imcaxy::server
