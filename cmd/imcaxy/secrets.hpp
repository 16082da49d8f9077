// What a command must not get as an argument, since everybody on the machine sees those.
#pragma once

#include "config/config.hpp"
#include "outcome.hpp"

namespace imcaxy::command {

/// The secrets of the environment (IMCAXY_API_KEY and so on, or files that IMCAXY_API_KEY_FILE and so on name); all
/// else is as by default. Exit status 2 for a bad one.
Outcome<config::Config> read_secrets();

/// The token for invalidations: of the file, where one is named, else of the environment. Exit status 2 when there is
/// none.
Outcome<std::string> read_token(const std::string& file);

}  // namespace imcaxy::command
