# Flags for everything in the project; each module's own needs stand in its CMakeLists.txt.
find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
endif()

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wcast-qual -Werror)
add_compile_options(-fno-omit-frame-pointer -fstack-protector-strong)
# GCC 12 takes the frame allocator of Asio's coroutines for a mismatched pair.
add_compile_options($<$<CXX_COMPILER_ID:GNU>:-Wno-mismatched-new-delete>)
# Members with default values may be left out of a designated initialiser.
add_compile_options(-Wno-missing-field-initializers)

if(IMCAXY_SANITIZE)
  add_compile_options(-fsanitize=${IMCAXY_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${IMCAXY_SANITIZE})
  # GCC 12 reports uninitialised uses that instrumentation itself introduces, and does not know of fences to TSan.
  add_compile_options($<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized> $<$<CXX_COMPILER_ID:GNU>:-Wno-tsan>)
endif()
if(IMCAXY_FUZZ)
  # Tells the fuzzer which way an input took; the fuzzer's own main joins at the targets (tests/fuzz).
  add_compile_options(-fsanitize=fuzzer-no-link)
  # Warnings are GCC's to judge; clang also reports what libstdc++ does inside.
  add_compile_options(-Wno-error -Wno-deprecated-declarations)
endif()
if(IMCAXY_COVERAGE)
  add_compile_options(--coverage -fprofile-update=atomic)
  add_link_options(--coverage)
endif()
