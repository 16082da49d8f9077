// Why the store did not do what it was asked for.
#pragma once

#include <expected>
#include <string>

namespace imcaxy::s3 {

struct Failure {
  enum class Kind {
    not_found,       ///< no such object
    no_bucket,       ///< no such bucket: `ensure_bucket` makes it
    refused,         ///< the credentials are wrong or allow too little, or the clocks differ
    wrong_location,  ///< the bucket, or the store, is in another location
    untrusted,       ///< its certificate is not vouched for
    unreachable,     ///< no connection, a broken one, or the store says that it is out of order
    slow,            ///< not in time, or it asks to slow down
    full,            ///< no room, or a quota is used up
    damaged,         ///< the bytes are not those of the checksum, or changed while they were read
    too_large,       ///< more bytes than was asked for
    invalid,         ///< what was asked for, or what was answered, makes no sense
    left_alone,      ///< not asked: it failed too often just now, or too many requests wait already
    stopped,         ///< the client ends, or the reader does
  } kind;
  std::string text;  ///< for the log and for whoever set it up: what was wrong and what to do; never a secret

  bool operator==(const Failure&) const = default;
};

template <class T>
using Outcome = std::expected<T, Failure>;

inline std::unexpected<Failure> failed(Failure::Kind kind, std::string text) {
  return std::unexpected(Failure{kind, std::move(text)});
}

}  // namespace imcaxy::s3
