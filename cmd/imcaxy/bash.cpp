// What bash offers behind `imcaxy`.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "shells.hpp"

namespace imcaxy::command {
namespace {

/// The patterns `<command> <name>` of flags, for a `case`.
std::string patterns(const Command& command, const Flag& flag) {
  std::string all;
  for (const std::string& name : flag.names)
    all += fmt::format("{}'{} {}'", all.empty() ? "" : "|", command.name, name);
  return all;
}

/// What follows a flag that takes a value.
std::string values(const Command& command) {
  std::string out;
  for (const Flag& flag : command.flags) {
    if (flag.value.empty()) continue;
    const std::string action =
        !flag.choices.empty()
            ? fmt::format("mapfile -t COMPREPLY < <(compgen -W '{}' -- \"$current\")", fmt::join(flag.choices, " "))
        : flag.path ? "compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- \"$current\")"
                    : ":";
    out += fmt::format("    {}) {}; return ;;\n", patterns(command, flag), action);
  }
  return out;
}

std::string words(const Command& command) {
  std::string out;
  for (const Flag& argument : command.arguments)
    for (const std::string& choice : argument.choices) out += choice + ' ';
  for (const Flag& flag : command.flags)
    for (const std::string& name : flag.names) out += name + ' ';
  if (!out.empty()) out.pop_back();
  return out;
}

}  // namespace

std::string bash_completion(const Outline& outline) {
  const std::string& program = outline.program.name;
  std::string names, after_flags, per_command;
  for (const Command& command : outline.commands) {
    names += (names.empty() ? "" : "|") + command.name;
    after_flags += values(command);
    per_command += fmt::format("    {}) words='{}' ;;\n", command.name, words(command));
  }
  std::string first = names;
  for (char& c : first)
    if (c == '|') c = ' ';
  // Bash takes `--flag=value` for three words.
  return fmt::format(R"(# bash completion for {0}, made by `{0} completion bash`
_{0}() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD - 1]}} command='' word words
  if [[ $current == = ]]; then
    current=''
  elif [[ $previous == = ]]; then
    previous=${{COMP_WORDS[COMP_CWORD - 2]}}
  fi
  for word in "${{COMP_WORDS[@]:1:COMP_CWORD - 1}}"; do
    case $word in
      {1}) command=$word; break ;;
    esac
  done
  COMPREPLY=()
  case "$command $previous" in
{2}  esac
  case $command in
{3}    *) words='{4} {5}' ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}}
complete -F _{0} {0}
)",
                     program, names, after_flags, per_command, first, words(outline.program));
}

}  // namespace imcaxy::command
