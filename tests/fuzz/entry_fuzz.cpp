// Files of the cache. The first byte of an input says what it is: `j` a description as JSON, `f` a whole file, `s` a
// file's content behind a head that fits it (two bytes of the description's length, then description and body).
#include "target.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "base/hash.hpp"
#include "cache/entry_file.hpp"
#include "cache/entry_json.hpp"

using namespace imcaxy;
using namespace imcaxy::cache;
using fuzz::require;

namespace {

/// A file in memory, under a path that can be opened.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view content) : fd_(::memfd_create("entry", MFD_CLOEXEC)) {
    require(fd_ >= 0, "there is a file to write");
    const bool written = ::write(fd_, content.data(), content.size()) == static_cast<ssize_t>(content.size());
    require(written, "the file can be written");
  }
  ~MemoryFile() { ::close(fd_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  int fd_;
};

void require_round_trip(const EntryMeta& meta) {
  const auto again = meta_from_json(to_json(meta));
  require(again && *again == meta, "a description that is written and read is the same");
  require(nlohmann::json::accept(to_public_json(meta, 1).dump()), "a description can be shown");
}

void append_number(std::string& out, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) out += static_cast<char>(value >> 8 * i);
}

std::string with_head(std::string_view rest) {
  std::size_t meta_bytes = 0;
  if (rest.size() >= 2)
    meta_bytes = static_cast<unsigned char>(rest[0]) | static_cast<std::size_t>(static_cast<unsigned char>(rest[1]))
                                                           << 8;
  rest.remove_prefix(std::min<std::size_t>(rest.size(), 2));
  meta_bytes = std::min(meta_bytes, rest.size());
  const Key128 sum = hash128(rest);
  std::string out = "IMCAXY1\n";
  append_number(out, meta_bytes, 8);
  append_number(out, rest.size() - meta_bytes, 8);
  append_number(out, sum.high, 8);
  append_number(out, sum.low, 8);
  return out.append(rest);
}

void read_file(std::string_view content) {
  const MemoryFile file(content);
  const auto entry = read_entry_file(file.path());
  const auto head = read_entry_head(file.path());
  if (!head) require(head.error().status == 500, "a damaged file is told apart from one that can't be read now");
  if (!entry) return require(entry.error().status == 500, "a damaged file is told apart from one that can't be read");
  require(
      head && head->meta == entry->meta && head->body_bytes == entry->body.size() && head->file_bytes == content.size(),
      "head and file say the same");
  require(content.ends_with(entry->body.view()), "the body is the file's end");
  require_round_trip(entry->meta);
}

}  // namespace

FUZZ_TARGET(entry) {
  if (input.empty()) return;
  const std::string_view rest = input.substr(1);
  if (input[0] == 'j') {
    if (const auto meta = meta_from_json(rest)) require_round_trip(*meta);
  } else if (input[0] == 's') {
    read_file(with_head(rest));
  } else {
    read_file(rest);
  }
}
