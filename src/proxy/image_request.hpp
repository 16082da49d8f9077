// A request for a picture, read once at the edge.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/hash.hpp"
#include "processor/imaginary/request.hpp"
#include "proxy/signature.hpp"

namespace imcaxy::proxy {

/// Immutable, shared by everything that works on it.
struct ImageRequest {
  std::string raw_request;  ///< path and query as they came
  std::string endpoint;     ///< "/resize"
  std::string source_url;   ///< normal form: what an invalidation names; of an upload "body:<sha256>"
  std::string source_host;
  std::string fetch_url;    ///< what is asked of the source
  Parameters parameters;    ///< as in the signature
  /// A mistake in it is told only after the source was seen, as Imaginary does.
  Result<processor::imaginary::Request> operation;
  Bytes upload;  ///< the picture itself, where it came with the request
  std::string signature;
  Key128 key;
  Key128 original_key;  ///< of the source's bytes
};

using ImageRequestPtr = std::shared_ptr<const ImageRequest>;

inline constexpr std::string_view processor_type = "imaginary";

/// `GET /imaginary/<operation>?<query>`, with the source in `url`.
Result<ImageRequestPtr> read_request(std::string_view target, std::string_view operation, std::string_view query);

/// `POST`, with the picture as the body, or as the field `file` of a form.
Result<ImageRequestPtr> read_upload(std::string_view target, std::string_view operation, std::string_view query,
                                    std::string_view content_type, std::string body);

}  // namespace imcaxy::proxy
