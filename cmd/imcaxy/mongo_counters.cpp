// libmongoc puts counters of its own into shared memory when it is loaded, by every program that is linked to it, and
// leaves them there when that is killed: until the next process with the same number complains. Nobody reads them.
#include <sys/mman.h>
#include <unistd.h>

#include <string>

namespace {

/// Takes the name away; the memory goes with the process. Runs after the library was loaded, before `main`.
[[gnu::constructor]] void forget_counters() {
  ::shm_unlink(("/mongoc-" + std::to_string(::getpid())).c_str());
}

}  // namespace
