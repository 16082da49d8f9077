// What a command ends with when it can't go on.
#pragma once

#include <expected>
#include <string>
#include <utility>

#include "base/error.hpp"

namespace imcaxy::command {

struct Failure {
  int exit;             ///< of commands.hpp
  std::string message;  ///< for the person: what was wrong, and what to do
};

template <class T>
using Outcome = std::expected<T, Failure>;

inline std::unexpected<Failure> give_up(int exit, std::string message) {
  return std::unexpected(Failure{exit, std::move(message)});
}
inline std::unexpected<Failure> give_up(int exit, const Error& error) {
  return give_up(exit, error.message);
}

}  // namespace imcaxy::command
