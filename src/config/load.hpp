// From flags, environment and file to the effective configuration.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "config/config.hpp"

namespace imcaxy::config {

/// Where values may come from; the first that has one wins.
struct Given {
  std::map<std::string, std::string> flags;        ///< by option name, `DATA_DIR`
  std::map<std::string, std::string> environment;  ///< by variable
  std::string file;                                ///< TOML; empty: none
};

struct Loaded {
  Config config;
  std::map<std::string, std::string> origins;  ///< "flag", "environment" or "file", by option name; others are defaults
  std::vector<std::string> warnings;           ///< names that nobody knows, with the nearest that is known
};

/// An error names the option, the value and what is allowed.
Result<Loaded> load(const Given& given);

/// The variables of this process: the only place that reads them.
std::map<std::string, std::string> process_environment();

}  // namespace imcaxy::config
