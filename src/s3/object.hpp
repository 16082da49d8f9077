// An object as it is asked for and as it comes.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "s3/upload_body.hpp"

namespace imcaxy::s3 {

/// Names of letters, digits and hyphens, none the beginning of another; values of printable ASCII, not empty.
using Metadata = std::map<std::string, std::string>;

struct ObjectHead {
  std::uint64_t bytes = 0;  ///< of the whole object, also where a part was asked for
  std::string content_type;
  std::string etag;    ///< with its quotes
  Metadata metadata;   ///< names in lower case
  std::string sha256;  ///< 32 bytes where the store keeps it, else empty
};

struct PutRequest {
  std::string key;
  UploadBody body;
  std::string content_type = "application/octet-stream";
  Metadata metadata;
};

struct Range {
  std::uint64_t first = 0;
  std::optional<std::uint64_t> last;  ///< nothing: to the end
};

/// Both functions are called on the client's thread and must be short.
struct GetRequest {
  std::string key;
  std::uint64_t max_bytes = 0;  ///< of the body; more is Kind::too_large
  std::optional<Range> range;
  std::optional<std::chrono::milliseconds> first_byte_within;  ///< in all tries together; else it is Kind::slow
  std::move_only_function<void(const ObjectHead&)> on_head;    ///< once, before the first byte; may be empty
  std::move_only_function<bool(std::string_view)> on_bytes;    ///< in order, each byte once; false: no more is wanted
};

}  // namespace imcaxy::s3
