// Why the database did not do what it was asked for.
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace imcaxy::mongo {

struct Failure {
  enum class Kind {
    duplicate,    ///< there is a document with this unique key already
    refused,      ///< the credentials are wrong or allow too little
    unreachable,  ///< no connection, a broken one, or not in time
    left_alone,   ///< not asked: it failed too often just now
    invalid,      ///< what was asked for makes no sense to it
  } kind;
  std::string text;  ///< for the log and for whoever set it up; never a secret

  bool operator==(const Failure&) const = default;
};

template <class T>
using Outcome = std::expected<T, Failure>;

inline std::unexpected<Failure> failed(Failure::Kind kind, std::string text) {
  return std::unexpected(Failure{kind, std::move(text)});
}

}  // namespace imcaxy::mongo
