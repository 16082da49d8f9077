// One request in Imaginary's terms: read from a query, and carried out on a picture's bytes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
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
};

/// Whether the answer's format is left to the server: no step names one.
bool leaves_format_open(const Request& request);

/// The addresses of the marks that a request needs.
std::vector<std::string> mark_addresses(const Request& request);

/// Takes milliseconds to seconds of CPU. Thread-safe.
Outcome process(const Request& request, const image::Source& source, const Marks& marks, const image::Limits& limits);

/// What `type=auto` stands for: the first of an Accept header's types that is one of ours, empty when none is.
std::string_view type_for_accept(std::string_view accept);

/// `{"message":"...","status":400}`
std::string error_json(const Error& error);

}  // namespace imcaxy::processor::imaginary
