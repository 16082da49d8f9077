// A repository that the tests make with the git command.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include "base/text.hpp"

namespace imcaxy::gitdiff {

/// In a temporary folder that goes with it. Throws when git fails, which fails the test.
class WorkTree {
 public:
  WorkTree() {
    std::string name = "/tmp/imcaxy-gitdiff-XXXXXX";
    if (!mkdtemp(name.data())) throw std::runtime_error("no temporary folder");
    folder_ = name;
    git("init -q -b main .");
  }
  ~WorkTree() { std::filesystem::remove_all(folder_); }
  WorkTree(const WorkTree&) = delete;
  WorkTree& operator=(const WorkTree&) = delete;

  std::string path(const std::string& name = {}) const { return name.empty() ? folder_ : folder_ + "/" + name; }

  /// Runs git in a folder below, with words as a shell has them; what it prints, without the line's end.
  std::string git(const std::string& words, const std::string& below = {}) const {
    const std::string command = "git -C '" + path(below) +
                                "' -c user.name=Play -c user.email=play@example.com -c commit.gpgsign=false "
                                "-c protocol.file.allow=always " +
                                words + " 2>&1";
    std::FILE* pipe = popen(command.c_str(), "r");
    if (!pipe) throw std::runtime_error("git can't be started");
    std::string out;
    char block[4096];
    while (const std::size_t got = std::fread(block, 1, sizeof block, pipe)) out.append(block, got);
    if (pclose(pipe) != 0) throw std::runtime_error(command + ": " + out);
    return std::string(trimmed(out));
  }

  void write(const std::string& name, const std::string& content) const {
    std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
    std::ofstream(path(name), std::ios::binary) << content;
  }

  /// Commits everything; its hash.
  std::string commit() const {
    git("add -A");
    git("commit -q --allow-empty -m change");
    return git("rev-parse HEAD");
  }

 private:
  std::string folder_;
};

}  // namespace imcaxy::gitdiff
