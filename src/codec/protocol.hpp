// What the server and imcaxy-codec say to each other: the two programs are built together, so these are plain structs.
// One job a process. The server sends a Job with two shared memories over a socket, then waits for the process to end;
// the answer lies in the second memory. The program may have been taken over by a picture: the server checks all of it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace imcaxy::codec::wire {

inline constexpr std::uint32_t magic = 0x494d4302;  ///< changes with the layout of what follows

enum class Kind : std::uint32_t { formats, probe, decode, encode, self_test };

/// Bit n of a mask of formats is the n-th.
enum class Picture : std::uint32_t { pdf, heif, jxl, jp2k, avif };
inline constexpr std::uint32_t pictures = 5;

/// Colours of pixels, alpha aside.
enum class Space : std::uint32_t { srgb, grey, cmyk };

/// For tests of the sandbox: what the process tries to do although it must not.
enum class Trial : std::uint32_t {
  read_file,
  write_file,
  write_descriptor,
  open_socket,
  run_program,
  start_process,
  signal_parent,
  map_executable,
  loop,
  eat_memory
};

struct Shape {
  std::int32_t width, height, bands, bits;  ///< bits a band: 8 or 16, the latter in the machine's byte order
  Space space;
};

struct Job {
  std::uint32_t magic;
  Kind kind;
  Picture picture;
  Trial trial;
  std::uint64_t input_bytes;   ///< of a picture, or of pixels
  std::uint64_t output_bytes;  ///< room in the answer's memory
  std::uint64_t memory_bytes;  ///< that the process may use beyond what it has
  std::uint64_t cpu_seconds;
  std::uint64_t max_pixels;
  // Reading
  std::int32_t page;  ///< from 0
  double dpi;         ///< of PDF
  /// The size that is needed; one side may be 0, and follows from the other; both: the picture's own. PDF is rendered
  /// to fit, the others may come larger, or as they are.
  std::int32_t wanted_width, wanted_height;
  // Writing
  Shape shape;
  std::uint64_t profile_bytes;  ///< after the pixels
  std::int32_t quality, lossless;
};

/// At the beginning of the answer's memory; then come text and profile, and at `body_offset` the body.
struct Answer {
  std::uint32_t magic;
  std::uint32_t ok;                  ///< 0: `text` says why not
  std::uint32_t readable, writable;  ///< masks, of Kind::formats
  Shape shape;
  std::int32_t pages;
  std::int32_t orientation;  ///< as EXIF counts; 0: none, or done
  std::uint64_t text_bytes, profile_bytes, body_bytes;
};

inline constexpr std::uint64_t max_text_bytes = 1024;
inline constexpr std::uint64_t max_profile_bytes = 8 << 20;

constexpr std::uint64_t body_offset(std::uint64_t text, std::uint64_t profile) {
  constexpr std::uint64_t alignment = 64;  // of pixels, for vector instructions
  return (sizeof(Answer) + text + profile + alignment - 1) / alignment * alignment;
}
inline constexpr std::uint64_t max_head_bytes = body_offset(max_text_bytes, max_profile_bytes);

/// The descriptor that the process finds its socket at.
inline constexpr int socket_descriptor = 3;

}  // namespace imcaxy::codec::wire
