// The token of the administration, made at the first start where none is configured.
#pragma once

#include <filesystem>
#include <string>

#include "base/error.hpp"

namespace imcaxy::server {

/// What `<data dir>/token` holds; made, with mode 0600, when there is none.
Result<std::string> keep_token(const std::filesystem::path& data_dir);

}  // namespace imcaxy::server
