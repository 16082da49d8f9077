// The files of the pages for browsers, as they were built from web/ and linked into the program.
#pragma once

#include <span>
#include <string_view>

namespace imcaxy::server {

struct WebFile {
  std::string_view path;                 ///< below the root: "playground/index.html", "assets/main-1f2e3d4c.js"
  std::string_view type;                 ///< for Content-Type
  std::string_view hash;                 ///< of its bytes
  std::string_view plain, gzip, brotli;  ///< the same; empty where compressing does not pay
};

/// Empty in a program that was built without them. The definition is generated: see web/scripts/pack.mjs.
std::span<const WebFile> web_files();

}  // namespace imcaxy::server
