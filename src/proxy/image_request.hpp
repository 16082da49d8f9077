// A request for a picture, read once at the edge.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/hash.hpp"
#include "processor/imaginary/request.hpp"
#include "proxy/signature.hpp"

namespace imcaxy::proxy {

/// Where a picture comes from.
struct SourceRef {
  std::string url;   ///< normal form: what is fetched, and what an invalidation names; of an upload "body:<sha256>"
  std::string host;  ///< empty for an upload
  Key128 key;        ///< of its bytes in the cache
};

/// Immutable, shared by everything that works on it.
struct ImageRequest {
  std::string raw_request;  ///< path and query as they came
  std::string endpoint;     ///< "/resize"
  SourceRef source;
  Parameters parameters;  ///< as in the signature
  processor::imaginary::Request operation;
  bool negotiated = false;  ///< the Accept header had a say
  bool uploaded = false;
  Bytes upload;  ///< the picture itself, where it came with the request
  std::string signature;
  Key128 key;
  /// Pictures that are laid over this one, by the address that the request gives.
  std::map<std::string, Result<SourceRef>> marks;
};

using ImageRequestPtr = std::shared_ptr<const ImageRequest>;

inline constexpr std::string_view processor_type = "imaginary";

/// What the HTTP request says, as far as it shapes the picture.
struct RawRequest {
  std::string_view target;     ///< path and query
  std::string_view operation;  ///< the path below `/imaginary/`, one that `find_operation` knows
  std::string_view query;
  std::string_view accept;
};

/// `GET`, with the source in `url`.
Result<ImageRequestPtr> read_request(const RawRequest& raw);

/// `POST`, with the picture as the body, or as the field `file` of a form.
Result<ImageRequestPtr> read_upload(const RawRequest& raw, std::string_view content_type, std::string body);

}  // namespace imcaxy::proxy
