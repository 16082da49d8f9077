// All services of one server, wired in one place, and their life from start to drain.
#pragma once

#include <cstdint>
#include <memory>

#include "base/error.hpp"
#include "config/config.hpp"

namespace imcaxy::server {

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
