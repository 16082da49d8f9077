// The real MinIO as a process of the test's own, by the script that `make dev` uses.
#pragma once

#include <sys/types.h>

#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "support/identity.hpp"

namespace imcaxy::test {

struct MinioOptions {
  std::string location = {};              ///< empty: it takes any
  std::optional<Identity> identity = {};  ///< it speaks TLS with this
};

/// Throws when the script fails. Ended with its data at the latest when the test's process ends. Not thread-safe.
class Minio {
 public:
  /// Why there can't be one on this machine; nothing when there can.
  static std::optional<std::string> missing();

  explicit Minio(const MinioOptions& options = {});
  ~Minio();
  Minio(const Minio&) = delete;
  Minio& operator=(const Minio&) = delete;

  const std::string& endpoint() const { return endpoint_; }
  const std::string& access_key() const { return access_key_; }
  const std::string& secret_key() const { return secret_key_; }

  void pause();  ///< connections stay, nothing is answered
  void resume();
  void kill();   ///< at once
  void start();  ///< again, with the same data, port and credentials

 private:
  pid_t pid() const;

  std::string folder_, arguments_, endpoint_, access_key_, secret_key_;
};

}  // namespace imcaxy::test

/// In a test or in SetUp: without MinIO the play is skipped, and fails where CI=true is set.
#define NEEDS_MINIO()                                                                             \
  if (const auto why = ::imcaxy::test::Minio::missing()) {                                        \
    if (const char* ci = std::getenv("CI"); ci && std::string_view(ci) == "true") FAIL() << *why; \
    GTEST_SKIP() << *why;                                                                         \
  }                                                                                               \
  static_assert(true)
