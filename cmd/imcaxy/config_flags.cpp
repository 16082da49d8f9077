#include <cstdio>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "commands.hpp"
#include "config/options.hpp"

namespace imcaxy::command {

namespace {

std::string value_name(const config::Option& option) {
  if (std::holds_alternative<bool config::Config::*>(option.member)) return "true|false";
  if (!option.choices.empty()) return fmt::format("{}", fmt::join(option.choices, "|"));
  return option.unit.empty() ? "TEXT" : std::string(option.unit);
}

}  // namespace

ConfigFlags::ConfigFlags(CLI::App& command) {
  command.add_option("--config", file_, "TOML file with options; flags and environment win over it")->type_name("FILE");
  for (const config::Option& option : config::options()) {
    if (option.secret) continue;
    const std::string name(option.name);
    std::string help = fmt::format("{} [{}]", option.help, option.variable());
    flags_[name] = command.add_option(option.flag(), values_[name], std::move(help))
                       ->group(std::string(option.section))
                       ->type_name(value_name(option));
  }
}

Result<config::Loaded> ConfigFlags::load() const {
  config::Given given{.flags = {}, .environment = config::process_environment(), .file = file_};
  for (const auto& [name, flag] : flags_)
    if (flag->count() > 0) given.flags[name] = values_.at(name);
  return config::load(given);
}

void complain(const std::string& message) {
  fmt::print(stderr, "imcaxy: {}\n", message);
}

}  // namespace imcaxy::command
