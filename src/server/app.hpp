// All services of one server, wired in one place, and their life from start to drain.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "base/error.hpp"
#include "cache/disk_tier.hpp"
#include "config/config.hpp"
#include "image/header.hpp"
#include "proxy/image_request.hpp"

namespace imcaxy::server {

/// Where a server keeps its answers below its data folder.
cache::DiskTierOptions results_tier(const config::Config& config, const std::filesystem::path& folder);

/// What a request for a picture elsewhere means to a server with this configuration that makes its answers itself;
/// libvips was started. An error names the option that is wrong.
Result<proxy::ReaderOptions> local_reader_options(const config::Config& config);

/// Of what is decoded and made.
image::Limits image_limits(const config::Config& config);

/// open, then start; stop drains. One a process is the rule, several in tests are fine. Not thread-safe itself.
class App {
 public:
  /// Opens the data folder and everything in it. An error says what to change.
  static Result<std::unique_ptr<App>> open(const config::Config& config);
  ~App();

  /// Binds and serves.
  Result<void> start();
  std::uint16_t port() const;

  /// Finishes what runs, up to the configured time, then ends everything.
  void stop();

  /// Opens the log files again.
  void reopen_logs();

  /// Loads the certificate and its key again, for new connections; broken files are logged and change nothing.
  void reload_certificate();

 private:
  struct Services;
  explicit App(std::unique_ptr<Services> services);
  std::unique_ptr<Services> services_;
  bool stopped_ = false;
};

}  // namespace imcaxy::server
