// The head of an answer as bytes, after preconditions and ranges were applied. Internal to the server.
#pragma once

#include <string>
#include <string_view>

#include "http/message.hpp"

namespace imcaxy::http {

/// What is sent after the head, and the status that the head tells.
struct PreparedAnswer {
  unsigned status = 200;
  Bytes body;
};

/// Stands for a body that is sent by other means: its Content-Length or Transfer-Encoding is in the headers already.
class OmittedBody final : public BodySource {
 public:
  std::optional<std::uint64_t> length() const override { return std::nullopt; }
  Task<Result<Bytes>> next() override { co_return Bytes(); }
};

/// Writes the head into `head` (overwriting it). `date_line` ends in CRLF.
PreparedAnswer prepare_answer(const Request& request, const Response& response, bool keep_alive,
                              std::string_view date_line, std::string& head);

}  // namespace imcaxy::http
