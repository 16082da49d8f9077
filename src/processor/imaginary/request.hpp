// One request in Imaginary's terms: read from a query, and carried out on a picture's bytes.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "http/query.hpp"
#include "image/delivery.hpp"
#include "image/format.hpp"
#include "image/header.hpp"
#include "image/source.hpp"
#include "processor/imaginary/operations.hpp"
#include "processor/imaginary/params.hpp"
#include "processor/work.hpp"

namespace imcaxy::processor::imaginary {

/// What a client that names no format may get instead of the source's.
using Negotiation = image::Readable;

struct Request {
  const Operation* operation = nullptr;
  /// A mistake in them is told only after the source was seen, as Imaginary does.
  Result<Params> params;
  /// Nothing where the request names a format, or its answer has none.
  std::optional<Negotiation> negotiation = {};
  /// The answer has the bytes that Imaginary would write, without its metadata. Of still JPEG, PNG and WebP.
  bool as_imaginary = false;
  /// What pictures look like whose request names no number for their quality; nothing: as JPEG at 75 does.
  std::optional<QualityTargets> targets = {};
  /// How long writing an answer may take, while somebody waits, before a quicker format is the better choice.
  std::optional<std::chrono::milliseconds> deadline = {};
};

/// Whether the targets can have a say in the answer.
bool leaves_quality_open(const Request& request);

/// Whether the answer's format is left to the server: no step names one.
bool leaves_format_open(const Request& request);

/// The addresses of the marks that a request needs.
std::vector<std::string> mark_addresses(const Request& request);

/// Takes milliseconds to seconds of CPU. Thread-safe. `awaited`: the request's deadline counts.
Outcome process(const Request& request, const image::Source& source, const Marks& marks, const image::Limits& limits,
                bool awaited = true);

/// Whether the picture can stand for an answer that could not be made: it is made of pixels, and as far as can be told
/// the request is right for it, so that the failure is not the request's. Takes milliseconds of CPU. Thread-safe.
bool may_fall_back(const Request& request, const Bytes& original, const image::Limits& limits);

/// Whether its answer is a picture whose quality is left to the server, and made of its source alone.
bool may_be_refined(const Request& request);

/// Of a request that may be refined: what its answer is encoded from. Takes milliseconds to seconds of CPU.
/// Thread-safe.
Result<image::Master> master_of(const Request& request, const image::Source& source, const image::Limits& limits);

/// The operations of a pipeline.
std::vector<std::string_view> step_names(const Request& request);

/// A request that is carried out in this process.
class Native final : public Work {
 public:
  explicit Native(Request request) : request_(std::move(request)) {}

  const Request& request() const { return request_; }

  std::string_view processor() const override { return "imaginary"; }
  std::vector<std::string_view> steps() const override { return step_names(request_); }
  Task<Result<Outcome>> carry_out(Bench& bench) const override;
  bool may_be_refined() const override { return imaginary::may_be_refined(request_); }
  Result<image::Master> master(const image::Source& source, const image::Limits& limits) const override {
    return master_of(request_, source, limits);
  }

 private:
  const Request request_;
};

/// What `type=auto` stands for: the first of an Accept header's types that is one of ours, empty when none is.
std::string_view type_for_accept(std::string_view accept);

/// `{"message":"...","status":400}`
std::string error_json(const Error& error);

}  // namespace imcaxy::processor::imaginary
