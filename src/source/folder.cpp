#include "source/folder.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "base/descriptor.hpp"

namespace imcaxy::source {
namespace {

namespace fs = std::filesystem;

/// Imaginary's words, which also tell nobody what exists elsewhere.
std::unexpected<Error> no_such_file() {
  return fail(400, "Invalid file path");
}

bool lies_below(const fs::path& path, const fs::path& root) {
  const auto [end_of_root, rest] = std::ranges::mismatch(root, path);
  return end_of_root == root.end() && rest != path.end();
}

}  // namespace

Result<Folder> Folder::open(const std::string& path) {
  const auto wrong = [&](const char* why) { return fail(400, fmt::format("IMCAXY_MOUNT={}: {}", path, why)); };
  std::error_code error;
  fs::path root = fs::canonical(path, error);
  if (error) return wrong(std::strerror(error.value()));
  if (!fs::is_directory(root, error)) return wrong("it is not a folder");
  if (root == root.root_path()) return wrong("the root folder can't be mounted: every file would be open to everybody");
  return Folder(std::move(root));
}

Result<fs::path> Folder::locate(std::string_view name) const {
  while (name.starts_with('/')) name.remove_prefix(1);
  if (name.empty() || name.find('\0') != name.npos) return no_such_file();
  std::error_code error;
  fs::path path = fs::canonical(root_ / fs::path(name), error);
  if (error || !lies_below(path, root_)) return no_such_file();
  return path;
}

Result<FileRef> Folder::find(std::string_view name) const {
  auto path = locate(name);
  if (!path) return std::unexpected(std::move(path.error()));
  struct stat facts {};
  if (::stat(path->c_str(), &facts) != 0 || !S_ISREG(facts.st_mode)) return no_such_file();
  return FileRef{path->lexically_relative(root_).generic_string(),
                 fmt::format("{}.{}.{}.{}", facts.st_mtim.tv_sec, facts.st_mtim.tv_nsec, facts.st_size, facts.st_ino)};
}

Result<Original> Folder::read(const FileRef& file, std::uint64_t max_bytes) const {
  const auto path = locate(file.name);
  if (!path) return std::unexpected(path.error());
  // Without links and without waiting: what was a file a moment ago may be something else now.
  const Descriptor fd(::open(path->c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat facts {};
  if (!fd || ::fstat(fd.get(), &facts) != 0 || !S_ISREG(facts.st_mode)) return no_such_file();
  if (static_cast<std::uint64_t>(facts.st_size) > max_bytes)
    return fail(400, fmt::format("the file has {} bytes, at most {} are allowed (IMCAXY_MAX_SOURCE_BYTES)",
                                 facts.st_size, max_bytes));
  std::string bytes(static_cast<std::size_t>(facts.st_size), '\0');
  std::size_t got = 0;
  while (got < bytes.size()) {
    const ssize_t more = ::read(fd.get(), bytes.data() + got, bytes.size() - got);
    if (more < 0 && errno == EINTR) continue;
    if (more <= 0) return fail(500, "the file can't be read", std::strerror(errno));
    got += static_cast<std::size_t>(more);
  }
  return Original{Bytes::adopt(std::move(bytes)), ""};
}

}  // namespace imcaxy::source
