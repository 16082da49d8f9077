#include "config/show.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "config/options.hpp"

namespace imcaxy::config {
namespace {

std::string shown_value(const Option& option, const Config& config) {
  std::string value = text_of(option, config);
  if (option.secret && !value.empty()) return "***";
  return value;
}

std::string origin_of(const Option& option, const Loaded& loaded) {
  const auto it = loaded.origins.find(std::string(option.name));
  return it == loaded.origins.end() ? "default" : it->second;
}

std::string allowed(const Option& option) {
  if (!option.choices.empty()) return fmt::format("`{}`", fmt::join(option.choices, "`, `"));
  if (std::holds_alternative<bool Config::*>(option.member)) return "`true`, `false`";
  if (option.most <= option.least) return std::string(option.unit);
  return fmt::format("{} to {} {}", option.least, option.most, option.unit);
}

}  // namespace

std::string to_text(const Loaded& loaded) {
  std::string out;
  for (const Option& option : options())
    out += fmt::format("{:<42} {}\n", option.variable() + "=" + shown_value(option, loaded.config),
                       origin_of(option, loaded));
  return out;
}

std::string to_json(const Loaded& loaded) {
  nlohmann::ordered_json out;
  for (const Option& option : options())
    out[option.variable()] = {{"value", shown_value(option, loaded.config)}, {"origin", origin_of(option, loaded)}};
  // Paths may hold any bytes; without a handler nlohmann throws at what is not UTF-8.
  return out.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

std::string to_markdown() {
  std::string out =
      "# Configuration\n\n"
      "Made by `make docs` from the table in `src/config/options.cpp`; a test keeps the two equal.\n\n"
      "Every option is an environment variable, a flag of `imcaxy serve` (`IMCAXY_DATA_DIR` is `--data-dir`) and a key "
      "of the\n"
      "TOML file that `--config` names (`data_dir`). A flag wins over the environment, the environment over the file, "
      "the file\n"
      "over the default. Secrets are no flags; `<variable>_FILE` names a file that holds one. Lists are comma "
      "separated.\n"
      "`imcaxy config` shows the effective values and where each came from; `imcaxy config --check` only says what is "
      "wrong.\n";
  const Config defaults;
  std::string_view section;
  for (const Option& option : options()) {
    if (option.section != section) {
      section = option.section;
      out += fmt::format("\n## {}\n\n| Variable | Default | Allowed | Meaning |\n| --- | --- | --- | --- |\n", section);
    }
    const std::string value = text_of(option, defaults);
    out += fmt::format("| `{}` | {} | {} | {} |\n", option.variable(), value.empty() ? "" : "`" + value + "`",
                       allowed(option), option.help);
  }
  return out;
}

}  // namespace imcaxy::config
