// What is uploaded: bytes in memory or a file, with its checksum, readable as often as a further try needs it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/descriptor.hpp"
#include "base/error.hpp"

namespace imcaxy::s3 {

/// A value; copies share the bytes or the file. Immutable and thread-safe.
class UploadBody {
 public:
  static UploadBody of(Bytes bytes);

  /// From `offset` to its end as it is now. Reads it once for its checksum, and so blocks. It is read again while it is
  /// sent: what has changed until then is refused by the store, and not kept.
  static Result<UploadBody> of_file(Descriptor file, std::uint64_t offset = 0);

  std::uint64_t size() const { return size_; }
  const std::string& sha256() const { return sha256_; }  ///< 32 bytes

  /// At most `count` bytes from `position`; 0 at the end, -1 when the file can't be read.
  std::ptrdiff_t read(std::uint64_t position, char* into, std::size_t count) const;

 private:
  UploadBody() = default;

  Bytes bytes_;
  std::shared_ptr<const Descriptor> file_;  // null: in memory
  std::uint64_t offset_ = 0, size_ = 0;
  std::string sha256_;
};

}  // namespace imcaxy::s3
