#include "codec/client.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "codec/children.hpp"

namespace imcaxy::codec {
namespace {

constexpr std::uint64_t megabyte = 1 << 20;
/// What a library needs for itself, and for each pixel that it works on: JPEG XL holds several copies in floats.
constexpr std::uint64_t base_memory = 512 * megabyte, memory_per_pixel = 48;
constexpr std::uint64_t most_bytes_per_pixel = 10;  // five bands of 16 bits

std::unexpected<Error> no_memory(const char* what) {
  return fail(503, "there is no memory for this picture now; try again later",
              std::string(what) + ": " + std::strerror(errno));
}

/// Memory with a descriptor, to be shared with a child. It can neither grow nor shrink, so that a child which was taken
/// over can't pull it away from under the server.
class SharedMemory {
 public:
  static Result<SharedMemory> make(std::uint64_t bytes, bool writable) {
    SharedMemory made;
    made.bytes_ = std::max<std::uint64_t>(bytes, 1);
    made.descriptor_ = Descriptor(memfd_create("imcaxy-codec", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!made.descriptor_ || ftruncate(made.descriptor_.get(), static_cast<off_t>(made.bytes_)) != 0 ||
        fcntl(made.descriptor_.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) != 0)
      return no_memory("memfd");
    void* at = mmap(nullptr, made.bytes_, writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED,
                    made.descriptor_.get(), 0);
    if (at == MAP_FAILED) return no_memory("mmap");
    made.mapping_ = std::shared_ptr<std::byte>(static_cast<std::byte*>(at),
                                               [size = made.bytes_](std::byte* start) { munmap(start, size); });
    return made;
  }

  int descriptor() const { return descriptor_.get(); }
  std::byte* data() const { return mapping_.get(); }
  std::uint64_t size() const { return bytes_; }
  /// A part, which keeps the whole.
  Bytes part(std::uint64_t offset, std::uint64_t length) const {
    return Bytes::wrap({reinterpret_cast<const char*>(data()) + offset, length}, mapping_);
  }

 private:
  std::uint64_t bytes_ = 0;
  Descriptor descriptor_;
  std::shared_ptr<std::byte> mapping_;
};

/// False when the child is gone.
bool send(int socket, const wire::Job& job, int input, int output) {
  wire::Job content = job;
  iovec vector{&content, sizeof content};
  alignas(cmsghdr) char control[CMSG_SPACE(2 * sizeof(int))]{};
  msghdr message{};
  message.msg_iov = &vector;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(2 * sizeof(int));
  const int descriptors[] = {input, output};
  std::memcpy(CMSG_DATA(header), descriptors, sizeof descriptors);
  ssize_t sent = 0;
  do {
    sent = sendmsg(socket, &message, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent == static_cast<ssize_t>(sizeof content);
}

/// What the child wrote may hold anything; a message holds letters.
std::string printable(std::string_view text) {
  std::string out(text);
  std::ranges::replace_if(
      out, [](char c) { return c < ' ' || c > '~'; }, ' ');
  const std::size_t end = out.find_last_not_of(' ');
  out.erase(end == out.npos ? 0 : end + 1);
  return out;
}

std::unexpected<Error> unreadable(std::string cause) {
  return fail(400, "the picture can't be read", std::move(cause));
}

std::uint64_t pixels_of(const Shape& shape) {
  return static_cast<std::uint64_t>(shape.width) * static_cast<std::uint64_t>(shape.height);
}

std::uint64_t bytes_of(const Shape& shape) {
  return pixels_of(shape) * static_cast<std::uint64_t>(shape.bands) * static_cast<std::uint64_t>(shape.bits / 8);
}

bool is_possible(const Shape& shape) {
  constexpr std::int32_t most = 10'000'000;  // libvips' own limit of a side
  const std::int32_t colours = shape.space == Space::srgb ? 3 : shape.space == Space::grey ? 1 : 4;
  return shape.width > 0 && shape.height > 0 && shape.width <= most && shape.height <= most &&
         (shape.bits == 8 || shape.bits == 16) && shape.space <= Space::cmyk &&
         (shape.bands == colours || shape.bands == colours + 1);
}

/// The sizes that an answer states, before anything at them is read.
bool fits(const wire::Answer& answer, std::uint64_t room) {
  if (answer.magic != wire::magic || answer.text_bytes > wire::max_text_bytes ||
      answer.profile_bytes > wire::max_profile_bytes)
    return false;
  const std::uint64_t offset = wire::body_offset(answer.text_bytes, answer.profile_bytes);
  return offset <= room && answer.body_bytes <= room - offset;
}

Result<Facts> facts_of(const wire::Answer& answer) {
  if (!is_possible(answer.shape)) return unreadable("imcaxy-codec answers with an impossible shape");
  Facts facts;
  facts.shape = answer.shape;
  facts.pages = std::max(1, answer.pages);
  facts.orientation = answer.orientation >= 1 && answer.orientation <= 8 ? answer.orientation : 0;
  facts.profile = answer.profile_bytes > 0;
  return facts;
}

wire::Job job_of(wire::Kind kind, Picture picture) {
  wire::Job job{};
  job.magic = wire::magic;
  job.kind = kind;
  job.picture = picture;
  return job;
}

wire::Job reading_job(wire::Kind kind, Picture picture, const Bytes& bytes, const Reading& reading,
                      const Limits& limits) {
  wire::Job job = job_of(kind, picture);
  job.input_bytes = bytes.size();
  job.max_pixels = limits.max_pixels;
  job.page = reading.page;
  job.dpi = reading.dpi;
  job.wanted_width = reading.wanted_width;
  job.wanted_height = reading.wanted_height;
  return job;
}

Client::Fill copy_of(const Bytes& bytes) {
  return [bytes](std::span<std::byte> room) -> Result<void> {
    if (!bytes.empty()) std::memcpy(room.data(), bytes.data(), bytes.size());
    return {};
  };
}

}  // namespace

/// A job that ended well, with sizes that fit.
struct Client::Exchange {
  wire::Answer answer;
  SharedMemory memory;

  Bytes text() const { return memory.part(sizeof answer, answer.text_bytes); }
  Bytes profile() const { return memory.part(sizeof answer + answer.text_bytes, answer.profile_bytes); }
  Bytes body() const {
    return memory.part(wire::body_offset(answer.text_bytes, answer.profile_bytes), answer.body_bytes);
  }
};

Client::Client(Options options) : options_(std::move(options)), children_(std::make_unique<Children>(options_)) {}
Client::~Client() = default;

Result<std::unique_ptr<Client>> Client::open(Options options) {
  std::unique_ptr<Client> client(new Client(std::move(options)));
  wire::Job job = job_of(wire::Kind::formats, Picture::pdf);
  job.memory_bytes = 2 * base_memory;
  job.output_bytes = wire::max_head_bytes;
  const Limits limits{.timeout = client->options_.start_timeout};
  auto done = client->run(job, copy_of({}), limits);
  if (!done) return std::unexpected(std::move(done.error()));
  client->readable_ = done->answer.readable;
  client->writable_ = done->answer.writable;
  return client;
}

Result<Facts> Client::probe(Picture picture, const Bytes& bytes, const Reading& reading, const Limits& limits) {
  wire::Job job = reading_job(wire::Kind::probe, picture, bytes, reading, limits);
  job.memory_bytes = base_memory;
  job.output_bytes = wire::max_head_bytes;
  const auto done = run(job, copy_of(bytes), limits);
  if (!done) return std::unexpected(done.error());
  return facts_of(done->answer);
}

Result<Pixels> Client::decode(Picture picture, const Bytes& bytes, const Reading& reading, const Limits& limits) {
  wire::Job job = reading_job(wire::Kind::decode, picture, bytes, reading, limits);
  job.memory_bytes = base_memory + memory_per_pixel * limits.max_pixels;
  job.output_bytes = wire::max_head_bytes + most_bytes_per_pixel * limits.max_pixels;
  const auto done = run(job, copy_of(bytes), limits);
  if (!done) return std::unexpected(done.error());
  auto facts = facts_of(done->answer);
  if (!facts) return std::unexpected(std::move(facts.error()));
  if (pixels_of(facts->shape) > limits.max_pixels || done->answer.body_bytes != bytes_of(facts->shape))
    return unreadable("imcaxy-codec answers with another number of pixels");
  return Pixels{*facts, done->body(), done->profile()};
}

Result<Bytes> Client::encode(Picture picture, const Shape& shape, const Fill& fill, const Writing& writing,
                             const Limits& limits) {
  if (!is_possible(shape)) return fail(500, "such pixels can't be written");
  wire::Job job = job_of(wire::Kind::encode, picture);
  const std::uint64_t pixel_bytes = bytes_of(shape);
  const bool with_profile = writing.profile.size() <= wire::max_profile_bytes;
  const Bytes profile = with_profile ? writing.profile : Bytes();
  job.shape = shape;
  job.input_bytes = pixel_bytes + profile.size();
  job.profile_bytes = profile.size();
  job.quality = writing.quality;
  job.lossless = writing.lossless;
  job.memory_bytes = base_memory + 2 * memory_per_pixel * pixels_of(shape);
  job.output_bytes = wire::max_head_bytes + 2 * pixel_bytes + megabyte;
  const Fill all = [&](std::span<std::byte> room) -> Result<void> {
    auto filled = fill(room.first(pixel_bytes));
    if (filled && !profile.empty()) std::memcpy(room.data() + pixel_bytes, profile.data(), profile.size());
    return filled;
  };
  const auto done = run(job, all, limits);
  if (!done) return std::unexpected(done.error());
  return Bytes::copy(done->body().view());  // what is kept must not hold all of the memory
}

Result<std::string> Client::self_test(wire::Trial trial, Picture job_for, const Limits& limits) {
  wire::Job job = job_of(wire::Kind::self_test, job_for);
  job.trial = trial;
  job.memory_bytes = base_memory;
  job.output_bytes = wire::max_head_bytes;
  const auto done = run(job, copy_of({}), limits);
  if (!done) return std::unexpected(done.error());
  return std::string(done->text().view());
}

Result<Client::Exchange> Client::run(wire::Job job, const Fill& fill, const Limits& limits) {
  const Clock::time_point deadline = Clock::now() + limits.timeout;
  job.cpu_seconds = static_cast<std::uint64_t>(std::chrono::ceil<std::chrono::seconds>(limits.timeout).count()) + 1;
  stats_.jobs.fetch_add(1, std::memory_order_relaxed);
  const auto failed = [&](Error error) {
    stats_.failures.fetch_add(1, std::memory_order_relaxed);
    return std::unexpected(std::move(error));
  };
  const auto place = children_->enter(deadline);
  if (!place) return failed(place.error());
  if (job.kind != wire::Kind::formats) children_->stay_warm();

  auto input = SharedMemory::make(job.input_bytes, true);
  if (!input) return failed(std::move(input.error()));
  auto output = SharedMemory::make(job.output_bytes, false);
  if (!output) return failed(std::move(output.error()));
  if (auto filled = fill({input->data(), job.input_bytes}); !filled) return failed(std::move(filled.error()));

  Child::End end;
  for (unsigned attempt = 0;; ++attempt) {
    auto child = children_->take(deadline);
    if (!child) return failed(std::move(child.error()));
    const bool sent = send(child->socket(), job, input->descriptor(), output->descriptor());
    if (sent) end = child->wait(deadline);
    // Whoever kills processes to get their memory may have killed those that waited: the last attempt is with a fresh
    // one.
    const bool killed_by_others = !sent || (end.in_time && end.signal == SIGKILL);
    if (!killed_by_others) break;
    if (attempt == options_.waiting)
      return failed({503, "the program imcaxy-codec ends before its work is done; try again later", options_.program});
  }
  if (!end.in_time || end.signal != 0) stats_.killed.fetch_add(1, std::memory_order_relaxed);
  if (!end.in_time || end.signal == SIGXCPU)
    return failed({400, "the picture takes more than " + std::to_string(limits.timeout.count() / 1000) + " seconds",
                   "imcaxy-codec was ended at the deadline"});
  if (end.signal == SIGSYS)
    return failed({400, "the picture can't be read", "imcaxy-codec tried what its sandbox forbids"});
  if (end.signal != 0)
    return failed({400, "the picture can't be read", "imcaxy-codec ended by signal " + std::to_string(end.signal)});

  Exchange exchange{{}, std::move(*output)};
  std::memcpy(&exchange.answer, exchange.memory.data(), sizeof exchange.answer);
  if (end.exit_status != 0 || !fits(exchange.answer, exchange.memory.size()))
    return failed({400, "the picture can't be read",
                   "imcaxy-codec ended with status " + std::to_string(end.exit_status) + " and no answer"});
  if (exchange.answer.ok != 1) {
    std::string text = printable(exchange.text().view());
    return failed({400, text.empty() ? "the picture can't be read" : std::move(text), ""});
  }
  return exchange;
}

}  // namespace imcaxy::codec
