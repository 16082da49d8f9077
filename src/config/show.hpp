// The configuration for people, for machines, and as documentation.
#pragma once

#include <string>

#include "config/load.hpp"

namespace imcaxy::config {

std::string to_text(const Loaded& loaded);  ///< a line for each option: value and origin; secrets masked
std::string to_json(const Loaded& loaded);  ///< {"DATA_DIR": {"value": ..., "origin": ...}, ...}; secrets masked
std::string to_markdown();                  ///< docs/configuration.md

}  // namespace imcaxy::config
