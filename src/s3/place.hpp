// Where a bucket is, and how its objects are named in URLs.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/host_port.hpp"

namespace imcaxy::s3 {

struct PlaceOptions {
  std::string endpoint;  ///< host:port
  std::string bucket;
  std::string location = "us-east-1";
  bool tls = false;
  bool virtual_host = false;  ///< the bucket is part of the host's name, and not of the path
};

/// A value that was checked.
class Place {
 public:
  /// 400: which of them is wrong, how, and what is allowed.
  static Result<Place> of(const PlaceOptions& options);

  /// Of an object, or of the bucket when `key` is empty; percent-encoded as signatures want it.
  std::string url(std::string_view key, std::string_view query) const;

  const std::string& bucket() const { return bucket_; }
  const std::string& location() const { return location_; }
  bool tls() const { return tls_; }
  std::string endpoint() const { return endpoint_.text(); }

 private:
  Place() = default;

  HostPort endpoint_;
  std::string bucket_, location_;
  bool tls_ = false, virtual_host_ = false;
};

/// Whether every S3 can keep an object under this name: UTF-8 of at most 1024 bytes, without control characters, and
/// without parts that are empty, `.` or `..`.
bool is_key(std::string_view key);

}  // namespace imcaxy::s3
