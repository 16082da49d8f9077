#include "support/service.hpp"

#include <signal.h>
#include <unistd.h>

#include <cstdio>
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

std::map<std::string, std::string> variables_in(const std::string& path) {
  std::map<std::string, std::string> out;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const std::size_t equals = line.find('=');
    if (equals != line.npos) out[line.substr(0, equals)] = line.substr(equals + 1);
  }
  return out;
}

}  // namespace

Service::Service(std::string part, std::string options) : part_(std::move(part)) {
  std::string name = "/tmp/imcaxy-" + part_ + "-XXXXXX";
  if (!::mkdtemp(name.data())) throw std::runtime_error("there is no place for the data of " + part_);
  folder_ = name;
  arguments_ = " --until " + std::to_string(::getpid()) + std::move(options);
}

Service::~Service() {
  if (std::system(("scripts/services/stop.sh " + folder_ + " --clean").c_str()) != 0)
    std::fprintf(stderr, "%s: not stopped\n", folder_.c_str());
}

void Service::start() {
  run("scripts/services/start.sh " + folder_ + arguments_ + " " + part_);
  variables_ = variables_in(folder_ + "/env");
}

void Service::pause() {
  const pid_t id = pid();
  ::kill(id, SIGSTOP);
  // A thread that was in the middle of something may still finish it.
  for (int i = 0; i < 2000 && !all_threads_stopped(id); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
}
void Service::resume() {
  ::kill(pid(), SIGCONT);
}
void Service::kill() {
  const pid_t id = pid();
  ::kill(id, SIGKILL);
  for (int i = 0; i < 2000 && ::kill(id, 0) == 0; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

std::string Service::variable(const std::string& name) const {
  const auto it = variables_.find(name);
  return it == variables_.end() ? "" : it->second;
}

pid_t Service::pid() const {
  pid_t id = 0;
  if (!(std::ifstream(folder_ + "/" + part_ + ".pid") >> id) || id <= 0)
    throw std::runtime_error(part_ + " does not run");
  return id;
}

std::optional<std::string> Minio::missing() {
  if (std::filesystem::exists(".services/bin/minio")) return std::nullopt;
  return "MinIO is not installed: scripts/services/install.sh says why";
}

Minio::Minio(const MinioOptions& options)
    : Service("minio", options.location.empty() ? "" : " --location " + options.location) {
  if (options.identity) {
    std::filesystem::create_directory(folder() + "/certs");
    write(folder() + "/certs/public.crt", options.identity->certificate);
    write(folder() + "/certs/private.key", options.identity->key);
    add_option(" --certs " + folder() + "/certs");
  }
  start();
}

std::optional<std::string> Mongo::missing() {
  if (std::filesystem::exists(".services/venv/bin/secantusd-py")) return std::nullopt;
  return "the MongoDB-compatible server is not installed: scripts/services/install.sh says why";
}

Mongo::Mongo() : Service("mongo", "") {
  start();
}

}  // namespace imcaxy::test
