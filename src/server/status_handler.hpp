// What the server says of itself: health, readiness, metrics, statistics, version.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "http/message.hpp"
#include "server/metrics.hpp"

namespace imcaxy::server {

/// Thread-safe.
class StatusHandler {
 public:
  using Missing = std::function<std::vector<std::string>()>;

  /// `readings`: the figures of the moment; `missing`: the parts that the server does without just now. Called for each
  /// request that shows them.
  StatusHandler(const Metrics& metrics, std::function<std::vector<Reading>()> readings, Missing missing);

  http::Response health() const;  ///< Imaginary's fields, and ours
  http::Response ready() const;   ///< 503 while it starts or drains; what is missing makes it no less ready
  http::Response metrics() const;
  http::Response stats() const;
  http::Response version() const;
  /// The versions, under the names that Imaginary gives them.
  http::Response imaginary_index() const;

  /// A form for each operation, to try uploads with.
  http::Response form() const;

  void set_ready(bool ready) { ready_ = ready; }

 private:
  const Metrics& metrics_;
  const std::function<std::vector<Reading>()> readings_;
  const Missing missing_;
  const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  std::atomic<bool> ready_ = false;
};

}  // namespace imcaxy::server
