// Lists of addresses to warm: from a file, or from a sitemap.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "outcome.hpp"
#include "remote_server.hpp"

namespace imcaxy::command {

/// The lines of a file (`-`: standard input) that are neither empty nor begin with '#'. Exit status 2; `flag`: what
/// named the file.
Outcome<std::vector<std::string>> read_list(const std::string& file, std::string_view flag = "--urls");

/// Paths of AT Protocol pictures, from lines of `DID CID PRESET`, with blanks or commas between them. Exit status 2
/// with the first line that is wrong.
Outcome<std::vector<std::string>> read_blobs(const std::string& file);

/// The pictures of a sitemap and of those that it names, which may be requests to the server. Exit status 1 when one of
/// them can't be read.
Outcome<std::vector<std::string>> read_sitemaps(const ServerAddress& server, const std::string& url);

/// What to ask the server for.
struct WarmTargets {
  std::set<std::string> urls;        ///< on the server
  std::vector<std::string> foreign;  ///< addresses elsewhere for which there is no request
};

/// `entries`: paths, and requests to the server, are taken as they are; any other address becomes one request for
/// each of `requests`, such as `/imaginary/resize?width=640`, with the address as its `url`.
WarmTargets warm_targets(const ServerAddress& server, const std::vector<std::string>& entries,
                         const std::vector<std::string>& requests);

}  // namespace imcaxy::command
