// Pictures in formats that the server itself can't read or write, by way of the sandboxed program imcaxy-codec.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "codec/protocol.hpp"

namespace imcaxy::codec {

using wire::Picture;
using wire::Shape;
using wire::Space;
using Clock = std::chrono::steady_clock;

struct Options {
  std::string program;        ///< path of imcaxy-codec
  unsigned max_children = 2;  ///< that work at the same time
  unsigned waiting = 2;  ///< that are started already, as long as there are jobs every now and then: a picture takes
                         ///< two, one to look and one to decode
  std::chrono::milliseconds start_timeout{10000};
};

/// What a picture says of itself. Numbers are checked: sizes are above 0 and within the limits.
struct Facts {
  Shape shape{};
  int pages = 1;
  int orientation = 0;  ///< 1 to 8, as EXIF counts; 0 when nothing is to be turned
  bool profile = false;
};

struct Pixels {
  Facts facts;
  Bytes data;     ///< rows from the top, without gaps, in memory shared with nobody any more
  Bytes profile;  ///< ICC; may be empty
};

/// Which page of a picture, and how large.
struct Reading {
  int page = 0;                             ///< from 0
  double dpi = 72;                          ///< of PDF: the size of a page in pixels follows from it
  int wanted_width = 0, wanted_height = 0;  ///< as in wire::Job
};

struct Writing {
  int quality = 75;
  bool lossless = false;
  Bytes profile;
};

struct Limits {
  std::uint64_t max_pixels = 50'000'000;
  std::chrono::milliseconds timeout{15000};  ///< for a job, the wait for a place included
};

struct Stats {
  std::atomic<std::uint64_t> jobs = 0, failures = 0;  ///< failures: jobs without a picture as the answer
  std::atomic<std::uint64_t> killed = 0;              ///< of these: ended for what they took or tried
};

/// Thread-safe. Calls block: they are for the pool of threads that process pictures. The children end with it.
/// Errors are 400 for what is the picture's fault, 503 when no child is to be had.
class Client {
 public:
  /// Starts the program and asks it what it can do; fails when it can't be started.
  static Result<std::unique_ptr<Client>> open(Options options);
  ~Client();

  bool can_read(Picture picture) const { return readable_ >> static_cast<unsigned>(picture) & 1; }
  bool can_write(Picture picture) const { return writable_ >> static_cast<unsigned>(picture) & 1; }

  /// Decodes no pixels. `facts.shape` is that of the page at `reading.dpi`.
  Result<Facts> probe(Picture picture, const Bytes& bytes, const Reading& reading, const Limits& limits);
  Result<Pixels> decode(Picture picture, const Bytes& bytes, const Reading& reading, const Limits& limits);
  /// `fill` writes the pixels into the memory that it is given, as `shape` says.
  using Fill = std::function<Result<void>(std::span<std::byte>)>;
  Result<Bytes> encode(Picture picture, const Shape& shape, const Fill& fill, const Writing& writing,
                       const Limits& limits);

  /// What the child, in the sandbox of jobs for that format, said of its attempt, or the error of its end. For tests.
  Result<std::string> self_test(wire::Trial trial, Picture job_for, const Limits& limits);

  const Stats& stats() const { return stats_; }

 private:
  class Children;
  struct Exchange;
  explicit Client(Options options);
  Result<Exchange> run(wire::Job job, const Fill& fill, const Limits& limits);

  const Options options_;
  std::uint32_t readable_ = 0, writable_ = 0;
  Stats stats_;
  const std::unique_ptr<Children> children_;
};

}  // namespace imcaxy::codec
