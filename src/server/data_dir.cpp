#include "server/data_dir.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace imcaxy::server {

Result<std::unique_ptr<DataDir>> DataDir::open(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  const auto refuse = [&](const std::string& cause) {
    return fail(500, "the data folder " + path + " can't be used: make it writable or choose another IMCAXY_DATA_DIR",
                cause);
  };
  if (error) return refuse(error.message());
  const int lock = ::open((std::filesystem::path(path) / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock < 0) return refuse(std::strerror(errno));
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    ::close(lock);
    return fail(500,
                "the data folder " + path + " is in use by another imcaxy: stop it or choose another IMCAXY_DATA_DIR");
  }
  return std::unique_ptr<DataDir>(new DataDir(path, lock));
}

DataDir::~DataDir() {
  ::close(lock_);
}

}  // namespace imcaxy::server
