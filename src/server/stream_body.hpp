// The rest of a stream as the body of an answer.
#pragma once

#include <chrono>
#include <optional>
#include <utility>

#include "http/message.hpp"
#include "hub/reader.hpp"
#include "proxy/service.hpp"

namespace imcaxy::server {

/// Owned by the connection that sends it.
class StreamBody final : public http::BodySource {
 public:
  explicit StreamBody(hub::Reader<proxy::ResultHead> reader) : reader_(std::move(reader)) {}

  std::optional<std::uint64_t> length() const override { return reader_.stream().length(); }
  Task<Result<Bytes>> next() override { return reader_.next(std::chrono::seconds(60)); }

 private:
  hub::Reader<proxy::ResultHead> reader_;
};

}  // namespace imcaxy::server
