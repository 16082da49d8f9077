// The pages for browsers: start page, playground, dashboard.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.hpp"
#include "server/web/file.hpp"

namespace imcaxy::server {

/// Immutable; thread-safe.
class WebPages {
 public:
  /// `files` live as long as the program. `playground`: whether it is open to everybody.
  explicit WebPages(std::span<const WebFile> files, bool playground = true);

  /// The answer to a GET or HEAD for a path below the prefix; nothing when there is no such page. Where the program was
  /// built without pages, the answer for each of them says so.
  std::optional<http::Response> find(const http::Request& request, std::string_view path) const;

 private:
  /// A file with its entity tags, by coding.
  struct Page {
    WebFile file;
    std::string etag, etag_gzip, etag_brotli;
  };
  const Page* page(std::string_view name) const;
  http::Response answer(const http::Request& request, const Page& page) const;

  std::vector<Page> pages_;
  const bool playground_;
};

}  // namespace imcaxy::server
