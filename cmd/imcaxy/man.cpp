// `imcaxy man`: the manual page, from the help of all subcommands.
#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "commands.hpp"
#include "config/version.hpp"
#include "outline.hpp"

namespace imcaxy::command {
namespace {

/// Text as roff shows it: what it gives a meaning to is escaped, `code` becomes bold.
std::string roff(std::string_view text) {
  std::string out;
  bool bold = false, line_begins = true;
  for (const char c : text) {
    if (line_begins && (c == '.' || c == '\'')) out += "\\&";
    line_begins = c == '\n';
    switch (c) {
      case '\\':
        out += "\\e";
        break;
      case '-':
        out += "\\-";
        break;
      case '\'':
        out += "\\(aq";
        break;
      case '^':
        out += "\\(ha";
        break;
      case '~':
        out += "\\(ti";
        break;
      case '`':
        out += bold ? "\\fR" : "\\fB";
        bold = !bold;
        break;
      default:
        out += c;
    }
  }
  return out + (bold ? "\\fR" : "");
}

/// As it is written, backticks too.
std::string roff_code(std::string_view text) {
  std::string out;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('`', begin), text.size());
    out += roff(text.substr(begin, end - begin));
    if (end < text.size()) out += "\\(ga";
    begin = end + 1;
  }
  return out;
}

std::string entry(const Flag& flag) {
  std::string head;
  for (const std::string& name : flag.names) head += fmt::format("{}\\fB{}\\fR", head.empty() ? "" : ", ", roff(name));
  // An argument has no flag in front of its value.
  if (!flag.names.front().starts_with("-"))
    head = fmt::format("\\fI{}\\fR", roff(flag.value));
  else if (!flag.value.empty())
    head += fmt::format(" \\fI{}\\fR", roff(flag.value));
  return fmt::format(".TP\n{}\n{}\n", head, roff(flag.help));
}

std::string entries(const std::vector<Flag>& flags) {
  std::string out, group;
  for (const Flag& flag : flags) {
    if (flag.group != group && flag.group != "Options") out += fmt::format(".PP\n\\fI{}\\fR\n", roff(flag.group));
    group = flag.group;
    out += entry(flag);
  }
  return out;
}

/// What is said of each command: of a flag that `before` has with the same words, only that it is there.
std::string section(const std::string& program, const Command& command, const Command* before) {
  std::string synopsis = fmt::format("\\fB{} {}\\fR [\\fIoptions\\fR]", roff(program), roff(command.name));
  for (const Flag& argument : command.arguments) synopsis += fmt::format(" \\fI{}\\fR", roff(argument.value));
  std::vector<Flag> own = command.flags;
  if (before != nullptr)
    std::erase_if(own, [&](const Flag& flag) { return std::ranges::find(before->flags, flag) != before->flags.end(); });
  std::string out = fmt::format(".SS {}\n{}\n.PP\n{}.\n{}{}", roff(command.name), synopsis, roff(command.help),
                                entries(command.arguments), entries(own));
  if (own.size() + 1 < command.flags.size())
    out += fmt::format(".PP\nAnd the options of \\fB{}\\fR.\n", roff(before->name));
  if (!command.footer.empty()) out += fmt::format(".PP\n.nf\n{}\n.fi\n", roff_code(command.footer));
  return out;
}

std::string manual(const Outline& outline) {
  std::string upper = outline.program.name, out;
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  // Without a date: the same version gives the same bytes.
  out +=
      fmt::format(".TH {} 1 \"\" \"{} {}\" \"User Commands\"\n.nh\n.ad l\n", upper, outline.program.name, version_text);
  const std::size_t colon = outline.program.help.find(": ");
  out += fmt::format(".SH NAME\n{} \\- {}\n", outline.program.name,
                     roff(outline.program.help.substr(colon == std::string::npos ? 0 : colon + 2)));
  out += fmt::format(".SH SYNOPSIS\n\\fB{}\\fR \\fIcommand\\fR [\\fIoptions\\fR]\n", outline.program.name);
  out += ".SH OPTIONS\n" + entries(outline.program.flags);
  out += ".SH COMMANDS\n";
  const Command& first = outline.commands.front();
  for (const Command& command : outline.commands)
    out += section(outline.program.name, command, &command == &first ? nullptr : &first);
  out +=
      ".SH EXIT STATUS\n.TP\n0\ndone\n.TP\n1\nfailed; the message says why\n.TP\n2\nwrong usage; the message says what "
      "is allowed\n.TP\n3\n\\fBinvalidate\\fR: the history can\\(aqt answer\n";
  out +=
      ".SH ENVIRONMENT\nEach option of \\fBserve\\fR is also the variable in brackets behind it, and a key of the TOML "
      "file of \\fB\\-\\-config\\fR.\nSecrets are variables or keys only; \\fBimcaxy config\\fR shows what is in "
      "effect "
      "and where it came from.\n";
  return out;
}

}  // namespace

void add_man(CLI::App& app, int& exit_status) {
  CLI::App* command = app.add_subcommand("man", "Write the manual page");
  command->footer("Example:\n  imcaxy man | man -l -");
  command->callback([&app, &exit_status] {
    fmt::print("{}", manual(outline_of(app)));
    exit_status = done;
  });
}

}  // namespace imcaxy::command
