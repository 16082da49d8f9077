// What a CDN in front of the server holds is purged, too.
#pragma once

#include <string>
#include <vector>

#include "caller.hpp"
#include "outcome.hpp"

namespace imcaxy::command {

/// One of `--cdn`: a kind and what it is there.
struct Cdn {
  enum class Kind { cloudflare, fastly, cloudfront } kind;
  std::string id;  ///< of a zone, a service, a distribution

  /// `cloudflare:<zone>`, `fastly:<service>` or `cloudfront:<distribution>`. Exit status 2 for anything else.
  static Outcome<Cdn> parse(const std::string& text);
};

/// Their secrets, which come from the environment.
struct CdnSecrets {
  std::string cloudflare_token, fastly_token, aws_key, aws_secret, aws_session;
};

/// What is in the variables that these CDNs' own tools read.
CdnSecrets read_cdn_secrets();

/// By tag, everything that was made of a source; by URL, these answers.
struct CdnPurge {
  std::vector<std::string> tags;
  std::vector<std::string> urls;  ///< absolute, of answers; tags have to be empty then
};

/// Purges one after another, in the order Cloudflare, Fastly, CloudFront: a CDN may stand in front of another.
class CdnPurger {
 public:
  /// `api`: instead of the CDNs' own addresses; empty: those. Exit status 2 when a secret is missing.
  static Outcome<CdnPurger> make(std::vector<Cdn> cdns, CdnSecrets secrets, std::string api);

  /// Exit status 1 with what the CDN says.
  Outcome<void> purge(const CdnPurge& what, Caller& caller) const;

 private:
  CdnPurger(std::vector<Cdn> cdns, CdnSecrets secrets, std::string api)
      : cdns_(std::move(cdns)), secrets_(std::move(secrets)), api_(std::move(api)) {}

  std::vector<Cdn> cdns_;
  CdnSecrets secrets_;
  std::string api_;
};

}  // namespace imcaxy::command
