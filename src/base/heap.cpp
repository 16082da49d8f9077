#include "base/heap.hpp"

#include <malloc.h>

#include <thread>

namespace imcaxy {

void limit_heap_arenas() {
  mallopt(M_ARENA_MAX, static_cast<int>(2 + std::thread::hardware_concurrency() / 8));
}

void trim_heap() {
  malloc_trim(0);
}

}  // namespace imcaxy
