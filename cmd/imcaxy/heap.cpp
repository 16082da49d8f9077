// Settings of jemalloc, which reads them from this variable before anything is allocated.

/// Few arenas and a short memory: libvips' threads come and go, pixels come in large blocks, and what is kept for the
/// next picture is missing elsewhere. Small blocks, as hits need them, come from each thread's own cache. Measured in
/// bench/README.md. A name that other allocators ignore.
extern "C" const char* malloc_conf;
const char* malloc_conf = "narenas:1,dirty_decay_ms:500,muzzy_decay_ms:0,background_thread:true";
