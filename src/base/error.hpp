// Errors are values: every fallible function returns Result<T>, and exceptions stay inside the library call that
// throws.
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace imcaxy {

/// What went wrong, in the terms of the answer that a client gets.
struct Error {
  int status = 500;     ///< HTTP status that fits
  std::string message;  ///< for the client: what was wrong, what is allowed, what to do; never a secret or a local path
  std::string cause;    ///< for the log only

  bool operator==(const Error&) const = default;
};

template <class T>
using Result = std::expected<T, Error>;

/// `return fail(400, "...")` from a function that returns a Result.
inline std::unexpected<Error> fail(int status, std::string message, std::string cause = {}) {
  return std::unexpected(Error{status, std::move(message), std::move(cause)});
}

}  // namespace imcaxy
