// The command line as data, read off the CLI11 app itself: completions and the manual are written from it, so that they
// know what it knows.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

namespace imcaxy::command {

struct Flag {
  std::vector<std::string> names;    ///< `-h`, `--help`; of an argument without a flag its name alone
  std::string value;                 ///< what stands for its value, such as FILE; empty: it takes none
  std::vector<std::string> choices;  ///< the values that there are; empty: any
  bool path = false;                 ///< the value names a file or folder
  bool repeated = false;
  std::string help;
  std::string group;  ///< the heading it stands below

  bool operator==(const Flag&) const = default;
};

struct Command {
  std::string name, help, footer;
  std::vector<Flag> flags, arguments;
};

struct Outline {
  Command program;
  std::vector<Command> commands;
};

/// Of an app that has all its subcommands.
Outline outline_of(const CLI::App& app);

/// The beginning of a help text that fits beside a name in a list: one line, without the variable at its end.
std::string in_short(std::string_view help);

/// The values of `A|B`; none when it is no such list.
std::vector<std::string> choices_of(std::string_view value);

}  // namespace imcaxy::command
