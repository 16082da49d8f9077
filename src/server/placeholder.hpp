// A picture instead of an error.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "proxy/image_request.hpp"

namespace imcaxy::server {

/// Immutable; thread-safe.
class Placeholder {
 public:
  /// `path`: a picture's file, or "default" for a plain grey one. An error says what to change.
  static Result<Placeholder> open(const std::string& path, const image::Limits& limits);

  /// The request for it at the size and in the format that the failed request asked for, as far as those can be read;
  /// both sides give just that size, as in Imaginary, one side keeps the proportions.
  proxy::ImageRequestPtr fitting(std::string_view failed_query) const;

 private:
  explicit Placeholder(Bytes picture);

  Bytes picture_;
  image::Format format_;
  proxy::SourceRef source_;
};

}  // namespace imcaxy::server
