#include "s3/upload_body.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "base/hash.hpp"

namespace imcaxy::s3 {

UploadBody UploadBody::of(Bytes bytes) {
  UploadBody body;
  Sha256 hash;
  hash.update(bytes.view());
  body.sha256_ = hash.digest();
  body.size_ = bytes.size();
  body.bytes_ = std::move(bytes);
  return body;
}

Result<UploadBody> UploadBody::of_file(Descriptor file, std::uint64_t offset) {
  struct stat about {};
  if (::fstat(file.get(), &about) != 0) return fail(500, "the file can't be read", std::strerror(errno));
  UploadBody body;
  body.offset_ = offset;
  body.size_ = static_cast<std::uint64_t>(about.st_size) - std::min<std::uint64_t>(offset, about.st_size);
  body.file_ = std::make_shared<const Descriptor>(std::move(file));
  Sha256 hash;
  std::vector<char> block(256 << 10);
  for (std::uint64_t position = 0; position < body.size_;) {
    const std::ptrdiff_t got = body.read(position, block.data(), block.size());
    if (got <= 0) return fail(500, "the file can't be read", got < 0 ? std::strerror(errno) : "it has become shorter");
    hash.update({block.data(), static_cast<std::size_t>(got)});
    position += static_cast<std::uint64_t>(got);
  }
  body.sha256_ = hash.digest();
  return body;
}

std::ptrdiff_t UploadBody::read(std::uint64_t position, char* into, std::size_t count) const {
  if (position >= size_) return 0;
  count = std::min<std::uint64_t>(count, size_ - position);
  if (!file_) {
    std::memcpy(into, bytes_.data() + position, count);
    return static_cast<std::ptrdiff_t>(count);
  }
  ssize_t got;
  do {
    got = ::pread(file_->get(), into, count, static_cast<off_t>(offset_ + position));
  } while (got < 0 && errno == EINTR);
  return got;
}

}  // namespace imcaxy::s3
