// The C library's heap, set for a server that allocates pixels on many threads.
#pragma once

namespace imcaxy {

/// Few arenas: libvips' threads come and go, and each new arena would keep what the last one freed. Before other
/// threads.
void limit_heap_arenas();

/// Gives free memory back to the system. Takes milliseconds.
void trim_heap();

}  // namespace imcaxy
