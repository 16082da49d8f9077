// The invalidation API of a server, seen from the command line.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "caller.hpp"
#include "http/url.hpp"
#include "outcome.hpp"

namespace imcaxy::command {

/// Up to where a project was invalidated.
struct LatestInvalidation {
  std::string commit;
  std::vector<std::string> left;  ///< what was asked for then and could not be done
};

/// A picture that was forgotten.
struct ForgottenImage {
  std::string target;  ///< path and query as a client asked for them
  std::string mime_type, source_url;
};

/// Where `--server` points.
struct ServerAddress {
  std::string base;    ///< without a slash at its end
  std::string origin;  ///< scheme and authority
  std::string path;    ///< in front of every route; empty for most

  /// Exit status 2 for what is no address of a server.
  static Outcome<ServerAddress> parse(const std::string& text, const char* flag = "--server");

  /// The URL of a target that the server has seen: whoever stands in front of it may have cut the path off.
  std::string url_of(const std::string& target) const;
};

/// Not thread-safe; blocks. Failures have exit status 1.
class RemoteServer {
 public:
  RemoteServer(ServerAddress address, std::string token, int retries)
      : address_(std::move(address)), token_(std::move(token)), caller_(retries) {}

  /// Nothing for a project that never invalidated anything.
  Outcome<std::optional<LatestInvalidation>> latest(const std::string& project);

  /// Forgets what was made of these URLs and records the commit: with no URLs, only that. A failure when one of them
  /// could not be done.
  Outcome<std::vector<ForgottenImage>> invalidate(const std::string& project, const std::string& commit,
                                                  const std::vector<std::string>& urls);

 private:
  Failure unexpected_answer(const http::ClientResponse& answer) const;

  const ServerAddress address_;
  const std::string token_;
  Caller caller_;
};

}  // namespace imcaxy::command
