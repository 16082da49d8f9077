#include "server/token.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include <spdlog/spdlog.h>

#include "base/hash.hpp"
#include "base/text.hpp"

namespace imcaxy::server {
namespace {

constexpr std::size_t token_bytes = 32;

}  // namespace

Result<std::string> keep_token(const std::filesystem::path& data_dir) {
  const std::filesystem::path path = data_dir / "token";
  if (std::ifstream in(path); in) {
    std::string line;
    std::getline(in, line);
    std::string token(trimmed(line));
    if (!token.empty()) return token;
  }
  const std::string token = random_hex(token_bytes);
  const std::string line = token + "\n";
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const bool written = fd >= 0 && ::write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size());
  const int code = errno;
  if (fd >= 0) ::close(fd);
  if (!written)
    return fail(
        500,
        "the token can't be kept in " + path.string() + ": make it writable, or set IMCAXY_INVALIDATE_SECURITY_TOKEN",
        std::strerror(code));
  spdlog::info("a token for invalidations was made and is kept in {}", path.string());
  return token;
}

}  // namespace imcaxy::server
