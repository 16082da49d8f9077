// The dashboard's figures as server-sent events (WHATWG HTML, section 9.2): first all of the last minutes, then each
// sample as it comes.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "http/message.hpp"
#include "server/dashboard/history.hpp"

namespace imcaxy::server {

/// Owned by the connection that sends it. What it refers to outlives it.
class LiveStream final : public http::BodySource {
 public:
  struct From {
    const History& history;
    /// The event for the samples that are new, as JSON in one line; `first`: with what does not change.
    std::function<std::string(const std::vector<Sample>& samples, bool first)> event;
    std::function<bool()> ended;  ///< whether the server wants to go
  };

  explicit LiveStream(From from) : from_(std::move(from)) {}

  std::optional<std::uint64_t> length() const override { return std::nullopt; }
  Task<Result<Bytes>> next() override;

 private:
  const From from_;
  std::optional<std::uint64_t> told_;  ///< the last sample that was sent
};

}  // namespace imcaxy::server
