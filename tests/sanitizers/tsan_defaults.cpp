// The search for smaller answers runs in a process that has no environment, and so no TSAN_OPTIONS: what tsan.txt says
// of libvips, built in. Without it each search is a thousand reports, and never ends.
extern "C" const char* __tsan_default_suppressions();  // NOLINT: the sanitizer's own name

const char* __tsan_default_suppressions() {
  return "called_from_lib:libvips-cpp.so\nrace:libvips-cpp.so\n";
}
