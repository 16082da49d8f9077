#include "refinery/wire.hpp"

#include <cstdint>
#include <cstring>
#include <type_traits>

namespace imcaxy::refinery::wire {
namespace {

constexpr std::uint32_t magic = 0x494d5201;

template <class T>
void put(std::string& out, const T& value) {
  static_assert(std::is_trivially_copyable_v<T>);
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}
void put(std::string& out, std::string_view bytes) {
  put(out, std::uint64_t{bytes.size()});
  out.append(bytes);
}

/// Reads what `put` wrote, in its order. Once something is missing, all that follows is.
class Reader {
 public:
  explicit Reader(Bytes bytes) : left_(std::move(bytes)) {}

  template <class T>
  T value() {
    static_assert(std::is_trivially_copyable_v<T>);
    T out{};
    ok_ = ok_ && left_.size() >= sizeof out;
    if (!ok_) return out;
    std::memcpy(static_cast<void*>(&out), left_.data(), sizeof out);
    left_ = left_.slice(sizeof out);
    return out;
  }
  Bytes bytes() {
    const auto size = value<std::uint64_t>();
    ok_ = ok_ && size <= left_.size();
    if (!ok_) return {};
    const Bytes out = left_.slice(0, size);
    left_ = left_.slice(size);
    return out;
  }
  bool at_end() const { return ok_ && left_.empty(); }
  bool ok() const { return ok_; }

 private:
  Bytes left_;
  bool ok_ = true;
};

}  // namespace

std::string pack(const Job& job) {
  std::string out;
  out.reserve(job.master.picture.size() + job.now.size() + 1024);
  put(out, magic);
  put(out, job.limits);
  put(out, std::uint64_t{job.master.encodings.size()});
  for (const image::Encoding& encoding : job.master.encodings) put(out, encoding);
  put(out, job.master.picture.view());
  put(out, job.now.view());
  return out;
}

std::optional<Job> unpack_job(const Bytes& bytes) {
  Reader in(bytes);
  if (in.value<std::uint32_t>() != magic) return std::nullopt;
  Job job;
  job.limits = in.value<image::Limits>();
  for (auto left = in.value<std::uint64_t>(); in.ok() && left > 0; --left)
    job.master.encodings.push_back(in.value<image::Encoding>());
  job.master.picture = in.bytes();
  job.now = in.bytes();
  if (!in.at_end()) return std::nullopt;
  return job;
}

std::string pack(const Result<image::Refinement>& answer) {
  std::string out;
  put(out, magic);
  put(out, answer.has_value());
  if (!answer) {
    put(out, answer.error().status);
    put(out, std::string_view(answer.error().message));
    put(out, std::string_view(answer.error().cause));
    return out;
  }
  put(out, answer->score_now);
  put(out, answer->best.has_value());
  if (!answer->best) return out;
  put(out, answer->best->format);
  put(out, answer->best->quality);
  put(out, answer->best->score);
  put(out, answer->best->bytes.view());
  return out;
}

std::optional<Result<image::Refinement>> unpack_answer(const Bytes& bytes) {
  Reader in(bytes);
  if (in.value<std::uint32_t>() != magic) return std::nullopt;
  if (!in.value<bool>()) {
    Error error;
    error.status = in.value<int>();
    error.message = in.bytes().view();
    error.cause = in.bytes().view();
    if (!in.at_end()) return std::nullopt;
    return std::unexpected(std::move(error));
  }
  image::Refinement out;
  out.score_now = in.value<double>();
  if (in.value<bool>()) {
    image::Refined best;
    best.format = in.value<image::Format>();
    best.quality = in.value<int>();
    best.score = in.value<double>();
    best.bytes = Bytes::copy(in.bytes().view());  // what is kept must not hold the rest
    out.best = std::move(best);
  }
  if (!in.at_end()) return std::nullopt;
  return out;
}

}  // namespace imcaxy::refinery::wire
