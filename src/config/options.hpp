// The one table of options: what the variables, the flags, the file's keys and the documentation are made from.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "config/config.hpp"

namespace imcaxy::config {

using Member = std::variant<std::string Config::*, std::int64_t Config::*, std::optional<std::int64_t> Config::*,
                            double Config::*, bool Config::*, std::vector<std::string> Config::*>;

struct Option {
  std::string_view section;
  std::string_view name;  ///< `DATA_DIR`: the variable IMCAXY_DATA_DIR, the flag --data-dir, the file's key data_dir
  Member member;
  std::string_view unit;  ///< "seconds", or the shape of the value: "list", "path"
  std::string_view help;
  double least = 0, most = 0;  ///< of a number
  std::vector<std::string_view> choices = {};
  Result<void> (*check)(const std::string& value) = nullptr;  ///< of a text, or of each item of a list
  bool secret = false;  ///< never a flag, masked when shown, also read from the file that <variable>_FILE names

  std::string variable() const;  ///< IMCAXY_DATA_DIR; of IMAGE_PROXY_PRESETS just that
  std::string flag() const;      ///< --data-dir
  std::string key() const;       ///< data_dir
};

/// In the order of the documentation.
std::span<const Option> options();

/// Reads `text` into the option's member; an error says what is allowed.
Result<void> assign(const Option& option, std::string_view text, Config& config);

/// The member as text, as `assign` reads it.
std::string text_of(const Option& option, const Config& config);

}  // namespace imcaxy::config
