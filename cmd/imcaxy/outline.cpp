#include "outline.hpp"

#include <algorithm>

namespace imcaxy::command {
namespace {

/// CLI11 puts what a validator wants behind the name of a value.
std::string value_name(const CLI::Option& option) {
  const std::string whole = option.get_type_name();
  return whole.substr(0, whole.find_first_of(":"));
}

Flag flag_of(const CLI::Option& option) {
  Flag flag{.help = option.get_description(), .group = option.get_group()};
  for (const std::string& name : option.get_snames()) flag.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) flag.names.push_back("--" + name);
  if (flag.names.empty()) flag.names.push_back(option.get_single_name());
  flag.repeated = option.get_items_expected_max() > 1;
  if (option.get_type_size_max() == 0) return flag;
  flag.value = value_name(option);
  flag.choices = choices_of(flag.value);
  flag.path = flag.value == "FILE" || flag.value == "FOLDER" || flag.value.find("path") != flag.value.npos;
  return flag;
}

Command command_of(const CLI::App& app) {
  Command command{.name = app.get_name(), .help = app.get_description(), .footer = app.get_footer()};
  for (const CLI::Option* option : app.get_options({}))
    (option->nonpositional() ? command.flags : command.arguments).push_back(flag_of(*option));
  return command;
}

}  // namespace

Outline outline_of(const CLI::App& app) {
  Outline outline{.program = command_of(app), .commands = {}};
  for (const CLI::App* command : app.get_subcommands(std::function<bool(const CLI::App*)>()))
    outline.commands.push_back(command_of(*command));
  return outline;
}

std::string in_short(std::string_view help) {
  std::size_t end = help.size();
  for (const std::string_view stop : {"; ", ". ", " [", "\n"}) end = std::min(end, help.find(stop));
  return std::string(help.substr(0, end));
}

std::vector<std::string> choices_of(std::string_view value) {
  std::vector<std::string> choices;
  if (value.find('|') == value.npos || value.find_first_of(" ,") != value.npos) return choices;
  while (!value.empty()) {
    const std::size_t end = value.find('|');
    choices.emplace_back(value.substr(0, end));
    value.remove_prefix(end == value.npos ? value.size() : end + 1);
  }
  return choices;
}

}  // namespace imcaxy::command
