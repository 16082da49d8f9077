// What zsh offers behind `imcaxy`, with a line about each.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "shells.hpp"

namespace imcaxy::command {
namespace {

/// Inside single quotes, with what _arguments and _describe give a meaning to escaped.
std::string escaped(std::string_view text, std::string_view special) {
  std::string out;
  for (const char c : text) {
    if (c == '\'') {
      out += R"('\'')";
      continue;
    }
    if (special.find(c) != special.npos) out += '\\';
    out += c;
  }
  return out;
}

/// `:what:action` for a value.
std::string value_spec(const Flag& flag) {
  std::string action = flag.path ? "_files" : " ";
  if (!flag.choices.empty()) action = fmt::format("({})", fmt::join(flag.choices, " "));
  return fmt::format(":{}:{}", escaped(flag.value, "\\:[]"), action);
}

std::string flag_specs(const Flag& flag) {
  std::string out;
  const std::string help = escaped(in_short(flag.help), "\\:[]");
  const std::string once = flag.repeated ? "*" : fmt::format("({})", fmt::join(flag.names, " "));
  for (const std::string& name : flag.names) {
    const bool joined = !flag.value.empty() && name.starts_with("--");
    out += fmt::format(" \\\n        '{}{}{}[{}]{}'", once, name, joined ? "=" : "", help,
                       flag.value.empty() ? "" : value_spec(flag));
  }
  return out;
}

std::string command_case(const Command& command) {
  std::string specs;
  for (const Flag& flag : command.flags) specs += flag_specs(flag);
  for (const Flag& argument : command.arguments) specs += fmt::format(" \\\n        '1{}'", value_spec(argument));
  return fmt::format("      {})\n        _arguments{} ;;\n", command.name, specs);
}

}  // namespace

std::string zsh_completion(const Outline& outline) {
  std::string names, cases, flags;
  for (const Command& command : outline.commands) {
    names += fmt::format("    '{}:{}'\n", command.name, escaped(in_short(command.help), "\\:"));
    cases += command_case(command);
  }
  for (const Flag& flag : outline.program.flags) flags += flag_specs(flag);
  return fmt::format(R"(#compdef {0}
# zsh completion for {0}, made by `{0} completion zsh`
_{0}() {{
  local context state state_descr line
  typeset -A opt_args
  local -a commands=(
{1}  )
  _arguments -C{2} \
        '1: :->command' '*:: :->rest'
  case $state in
    command) _describe command commands ;;
    rest)
      case $words[1] in
{3}      esac ;;
  esac
}}
if [[ $funcstack[1] == _{0} ]]; then _{0} "$@"; else compdef _{0} {0}; fi
)",
                     outline.program.name, names, flags, cases);
}

}  // namespace imcaxy::command
