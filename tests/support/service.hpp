// The real parts of scale-out mode as processes of the test's own, by the scripts that `make dev` uses.
#pragma once

#include <sys/types.h>

#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "support/identity.hpp"

namespace imcaxy::test {

/// Throws when a script fails. Ended with its data at the latest when the test's process ends. Not thread-safe.
class Service {
 public:
  virtual ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  void pause();  ///< connections stay, nothing is answered
  void resume();
  void kill();   ///< at once
  void start();  ///< again, with the same data, port and credentials

 protected:
  Service(std::string part, std::string options);
  void add_option(const std::string& option) { arguments_ += option; }
  const std::string& folder() const { return folder_; }
  std::string variable(const std::string& name) const;  ///< that imcaxy takes

 private:
  pid_t pid() const;

  const std::string part_;
  std::string folder_, arguments_;
  std::map<std::string, std::string> variables_;
};

struct MinioOptions {
  std::string location = {};              ///< empty: it takes any
  std::optional<Identity> identity = {};  ///< it speaks TLS with this
};

class Minio final : public Service {
 public:
  /// Why there can't be one on this machine; nothing when there can.
  static std::optional<std::string> missing();

  explicit Minio(const MinioOptions& options = {});

  std::string endpoint() const { return variable("IMCAXY_MINIO_ENDPOINT"); }
  std::string access_key() const { return variable("IMCAXY_MINIO_ACCESS_KEY"); }
  std::string secret_key() const { return variable("IMCAXY_MINIO_SECRET_KEY"); }
};

class Mongo final : public Service {
 public:
  static std::optional<std::string> missing();

  Mongo();

  std::string connection_string() const { return variable("IMCAXY_MONGO_CONNECTION_STRING"); }
};

}  // namespace imcaxy::test

/// In a test or in SetUp: without the part the play is skipped, and fails where CI=true is set.
#define NEEDS_SERVICE(Part)                                                                       \
  if (const auto why = ::imcaxy::test::Part::missing()) {                                         \
    if (const char* ci = std::getenv("CI"); ci && std::string_view(ci) == "true") FAIL() << *why; \
    GTEST_SKIP() << *why;                                                                         \
  }                                                                                               \
  static_assert(true)
