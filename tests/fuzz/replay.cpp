// Feeds the corpus to the fuzz targets without a fuzzer: every file and every beginning of it.
//   fuzz_replay CORPUS            CORPUS/<target>/* to each target
//   fuzz_replay TARGET FILE...    these files, as they are: to look at what `make fuzz` has found
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "target.hpp"

namespace {

namespace fs = std::filesystem;
using imcaxy::fuzz::Target;

/// Beginnings of longer inputs are not tried one by one.
constexpr std::size_t most_beginnings = 512;

std::string content_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// From a block of just its size, so that the sanitizer sees a step beyond the end.
void run(const Target& target, std::string_view input) {
  const std::vector<char> block(input.begin(), input.end());
  target.run({block.data(), block.size()});
}

std::size_t replay(const Target& target, const fs::path& folder) {
  std::size_t files = 0;
  if (!fs::is_directory(folder)) return 0;
  for (const auto& file : fs::directory_iterator(folder)) {
    const std::string input = content_of(file.path());
    std::printf("%s\n", file.path().c_str());
    std::fflush(stdout);  // the last line names the culprit
    run(target, input);
    for (std::size_t size = 0; size < std::min(input.size(), most_beginnings); ++size)
      run(target, std::string_view(input).substr(0, size));
    ++files;
  }
  return files;
}

int replay_corpus(const fs::path& corpus) {
  for (const Target& target : imcaxy::fuzz::targets())
    if (replay(target, corpus / target.name) == 0) {
      std::fprintf(stderr, "the target %s has no corpus: put a first input into %s\n", target.name.data(),
                   (corpus / target.name).c_str());
      return 1;
    }
  for (const auto& folder : fs::directory_iterator(corpus))
    if (std::ranges::find(imcaxy::fuzz::targets(), folder.path().filename().string(), &Target::name) ==
        imcaxy::fuzz::targets().end()) {
      std::fprintf(stderr, "%s is the corpus of no target\n", folder.path().c_str());
      return 1;
    }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2) return replay_corpus(argv[1]);
  const auto target =
      argc < 3 ? imcaxy::fuzz::targets().end() : std::ranges::find(imcaxy::fuzz::targets(), argv[1], &Target::name);
  if (target == imcaxy::fuzz::targets().end()) {
    std::fprintf(stderr, "usage: fuzz_replay CORPUS | fuzz_replay TARGET FILE...\ntargets:");
    for (const Target& known : imcaxy::fuzz::targets()) std::fprintf(stderr, " %s", known.name.data());
    std::fprintf(stderr, "\n");
    return 2;
  }
  for (int i = 2; i < argc; ++i) run(*target, content_of(argv[i]));
  return 0;
}
