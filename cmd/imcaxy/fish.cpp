// What fish offers behind `imcaxy`, with a line about each.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "shells.hpp"

namespace imcaxy::command {
namespace {

std::string in_quotes(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

std::string line(const std::string& program, const std::string& condition, const Flag& flag) {
  std::string names;
  for (const std::string& name : flag.names)
    names += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  std::string value;
  if (!flag.choices.empty())
    value = fmt::format(" -x -a '{}'", fmt::join(flag.choices, " "));
  else if (!flag.value.empty())
    value = flag.path ? " -r -F" : " -x";
  return fmt::format("complete -c {} -n '{}'{}{} -d {}\n", program, condition, names, value,
                     in_quotes(in_short(flag.help)));
}

}  // namespace

std::string fish_completion(const Outline& outline) {
  const std::string& program = outline.program.name;
  std::string out =
      fmt::format("# fish completion for {0}, made by `{0} completion fish`\ncomplete -c {0} -f\n", program);
  for (const Flag& flag : outline.program.flags) out += line(program, "__fish_use_subcommand", flag);
  for (const Command& command : outline.commands) {
    out += fmt::format("complete -c {} -n __fish_use_subcommand -a {} -d {}\n", program, command.name,
                       in_quotes(in_short(command.help)));
    const std::string condition = "__fish_seen_subcommand_from " + command.name;
    for (const Flag& flag : command.flags) out += line(program, condition, flag);
    for (const Flag& argument : command.arguments)
      if (!argument.choices.empty())
        out += fmt::format("complete -c {} -n '{}' -a '{}'\n", program, condition, fmt::join(argument.choices, " "));
  }
  return out;
}

}  // namespace imcaxy::command
