// libmongoc puts counters of its own into shared memory when it is loaded, by every program that is linked to it. It
// leaves them there when that is killed, and the next process with the same number complains to its user. Nobody reads
// them: what an earlier process left goes before the library is loaded, and ours right after.
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstring>

namespace {

/// Takes the name away; the memory goes with the process. Libraries are not ready when it is called first: it uses
/// none.
void forget_counters() {
  std::array<char, 32> name{"/mongoc-"};
  std::to_chars(name.data() + std::strlen(name.data()), name.data() + name.size() - 1, ::getpid());
  ::shm_unlink(name.data());
}

[[gnu::constructor]] void forget_ours() {
  forget_counters();
}

/// The loader calls what stands here before the constructors of all libraries.
[[gnu::section(".preinit_array"), gnu::used]] void (*const forget_what_an_earlier_process_left)() = forget_counters;

}  // namespace
