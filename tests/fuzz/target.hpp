// A fuzz target: a function of an input's bytes that ends the process when one of its promises does not hold.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <source_location>
#include <string_view>
#include <vector>

namespace imcaxy::fuzz {

struct Target {
  std::string_view name;
  void (*run)(std::string_view input);
};

/// All that are linked in, for the replay of the corpus.
inline std::vector<Target>& targets() {
  static std::vector<Target> all;
  return all;
}

/// Not assert(): it counts in every build.
inline void require(bool holds, const char* promise, std::source_location where = std::source_location::current()) {
  if (holds) return;
  std::fprintf(stderr, "%s:%u: broken promise: %s\n", where.file_name(), static_cast<unsigned>(where.line()), promise);
  std::abort();
}

/// An input's text in front of its first line feed; the input keeps what is after it. So that inputs of several parts
/// stay files that a person can read.
inline std::string_view take_line(std::string_view& input) {
  const std::size_t end = input.find('\n');
  const std::string_view line = input.substr(0, end);
  input.remove_prefix(end == input.npos ? input.size() : end + 1);
  return line;
}

}  // namespace imcaxy::fuzz

/// `FUZZ_TARGET(name) { ... input ... }`, one a program of libFuzzer's, and all in one program that replays the corpus.
#ifdef IMCAXY_LIBFUZZER
#include <cstddef>
#include <cstdint>
#define FUZZ_TARGET(name)                                                             \
  static void run_##name(std::string_view input);                                     \
  extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) { \
    run_##name({reinterpret_cast<const char*>(data), size});                          \
    return 0;                                                                         \
  }                                                                                   \
  static void run_##name(std::string_view input)
#else
#define FUZZ_TARGET(name)                                                            \
  static void run_##name(std::string_view input);                                    \
  [[maybe_unused]] static const auto& registered_##name =                            \
      imcaxy::fuzz::targets().emplace_back(imcaxy::fuzz::Target{#name, run_##name}); \
  static void run_##name(std::string_view input)
#endif
