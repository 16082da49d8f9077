#include "support/minio.hpp"

#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>
#include <thread>

namespace imcaxy::test {
namespace {

void run(const std::string& command) {
  if (std::system(command.c_str()) != 0) throw std::runtime_error("failed: " + command);
}

void write(const std::string& path, const std::string& text) {
  std::ofstream(path) << text;
}

bool all_threads_stopped(pid_t id) {
  for (const auto& thread : std::filesystem::directory_iterator("/proc/" + std::to_string(id) + "/task")) {
    std::ifstream file(thread.path() / "stat");
    const std::string stat((std::istreambuf_iterator<char>(file)), {});
    if (stat.substr(stat.rfind(')') + 1, 2) != " T") return false;
  }
  return true;
}

std::map<std::string, std::string> variables(const std::string& path) {
  std::map<std::string, std::string> out;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const std::size_t equals = line.find('=');
    if (equals != line.npos) out[line.substr(0, equals)] = line.substr(equals + 1);
  }
  return out;
}

}  // namespace

std::optional<std::string> Minio::missing() {
  if (std::filesystem::exists(".services/bin/minio")) return std::nullopt;
  return "MinIO is not installed: scripts/services/install.sh says why";
}

Minio::Minio(const MinioOptions& options) {
  std::string name = "/tmp/imcaxy-minio-XXXXXX";
  if (!::mkdtemp(name.data())) throw std::runtime_error("there is no place for MinIO's data");
  folder_ = name;
  arguments_ = " --until " + std::to_string(::getpid());
  if (!options.location.empty()) arguments_ += " --location " + options.location;
  if (options.identity) {
    std::filesystem::create_directory(folder_ + "/certs");
    write(folder_ + "/certs/public.crt", options.identity->certificate);
    write(folder_ + "/certs/private.key", options.identity->key);
    arguments_ += " --certs " + folder_ + "/certs";
  }
  start();
}

Minio::~Minio() {
  std::system(("scripts/services/stop.sh " + folder_ + " --clean").c_str());
}

void Minio::start() {
  run("scripts/services/start.sh " + folder_ + arguments_ + " minio");
  auto found = variables(folder_ + "/env");
  endpoint_ = found["IMCAXY_MINIO_ENDPOINT"];
  access_key_ = found["IMCAXY_MINIO_ACCESS_KEY"];
  secret_key_ = found["IMCAXY_MINIO_SECRET_KEY"];
}

void Minio::pause() {
  const pid_t id = pid();
  ::kill(id, SIGSTOP);
  // A thread that was in the middle of something may still finish it.
  for (int i = 0; i < 2000 && !all_threads_stopped(id); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
}
void Minio::resume() {
  ::kill(pid(), SIGCONT);
}
void Minio::kill() {
  const pid_t id = pid();
  ::kill(id, SIGKILL);
  for (int i = 0; i < 2000 && ::kill(id, 0) == 0; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

pid_t Minio::pid() const {
  pid_t id = 0;
  if (!(std::ifstream(folder_ + "/minio.pid") >> id) || id <= 0) throw std::runtime_error("MinIO does not run");
  return id;
}

}  // namespace imcaxy::test
