#include "cache/entry_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string_view>

#include "base/descriptor.hpp"
#include "base/file.hpp"
#include "cache/entry_json.hpp"

namespace imcaxy::cache {
namespace {

static_assert(std::endian::native == std::endian::little, "the files' numbers are little-endian");

/// The first bytes of each file. The version is part of the magic: another layout is another magic.
struct FileHead {
  std::array<char, 8> magic;
  std::uint32_t meta_bytes;
  std::uint32_t reserved;
  std::uint64_t body_bytes;
  std::uint64_t checksum_high, checksum_low;  // XXH3-128 over all that follows
};
static_assert(sizeof(FileHead) == 40);
constexpr std::array<char, 8> magic{'I', 'M', 'C', 'A', 'X', 'Y', '1', '\n'};
constexpr std::uint32_t most_meta_bytes = 16u << 20;

Key128 checksum(std::string_view meta, std::string_view body) {
  Hasher128 hasher;
  hasher.update(meta);
  hasher.update(body);
  return hasher.digest();
}

bool read_all(int fd, char* out, std::size_t size) {
  while (size > 0) {
    const ssize_t got = ::read(fd, out, size);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    out += got;
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

std::unexpected<Error> from_errno(int code) {
  const int status = code == ENOSPC || code == EDQUOT ? 507 : code == ENOENT ? 404 : 503;
  return fail(status, "an entry's file could not be used", std::strerror(code));
}

std::unexpected<Error> damaged(const char* how) {
  return fail(500, "an entry's file is damaged", how);
}

/// Reads and checks the head against the file's size.
Result<FileHead> read_file_head(int fd, std::uint64_t file_bytes) {
  FileHead head;
  if (file_bytes < sizeof head || !read_all(fd, reinterpret_cast<char*>(&head), sizeof head)) return damaged("no head");
  if (head.magic != magic) return damaged("another format");
  if (head.meta_bytes > most_meta_bytes || head.body_bytes > file_bytes ||
      sizeof head + head.meta_bytes + head.body_bytes != file_bytes)
    return damaged("its length");
  return head;
}

}  // namespace

Result<std::uint64_t> write_entry_file(const std::filesystem::path& path, const Entry& entry) {
  const std::string meta = to_json(entry.meta);
  const Key128 sum = checksum(meta, entry.body.view());
  const FileHead head{magic, static_cast<std::uint32_t>(meta.size()), 0, entry.body.size(), sum.high, sum.low};
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (!file) return from_errno(errno);
  const std::string_view head_bytes(reinterpret_cast<const char*>(&head), sizeof head);
  if (!write_all(file.get(), std::string(head_bytes) + meta) || !write_all(file.get(), entry.body.view()))
    return from_errno(errno);
  return sizeof head + meta.size() + entry.body.size();
}

Result<Entry> read_entry_file(const std::filesystem::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return from_errno(errno);
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) return from_errno(errno);
  const auto head = read_file_head(file.get(), static_cast<std::uint64_t>(info.st_size));
  if (!head) return std::unexpected(head.error());
  const std::size_t rest = head->meta_bytes + head->body_bytes;
  const std::shared_ptr<char[]> data = std::make_shared_for_overwrite<char[]>(rest);
  if (!read_all(file.get(), data.get(), rest)) return damaged("it ends early");
  const std::string_view meta_text(data.get(), head->meta_bytes), body(data.get() + head->meta_bytes, head->body_bytes);
  if (checksum(meta_text, body) != Key128{head->checksum_high, head->checksum_low}) return damaged("its checksum");
  auto meta = meta_from_json(meta_text);
  if (!meta) return damaged("its description");
  return Entry{std::move(*meta), Bytes::wrap(body, data)};
}

Result<EntryFileHead> read_entry_head(const std::filesystem::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return from_errno(errno);
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) return from_errno(errno);
  const auto file_bytes = static_cast<std::uint64_t>(info.st_size);
  const auto head = read_file_head(file.get(), file_bytes);
  if (!head) return std::unexpected(head.error());
  std::string text(head->meta_bytes, '\0');
  if (!read_all(file.get(), text.data(), text.size())) return damaged("it ends early");
  auto meta = meta_from_json(text);
  if (!meta) return damaged("its description");
  return EntryFileHead{std::move(*meta), file_bytes, head->body_bytes};
}

}  // namespace imcaxy::cache
