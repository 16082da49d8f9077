// `imcaxy completion`: what a shell needs to complete the command line.
#include <memory>

#include <fmt/format.h>

#include "commands.hpp"
#include "shells.hpp"

namespace imcaxy::command {

void add_completion(CLI::App& app, int& exit_status) {
  CLI::App* command = app.add_subcommand("completion", "Write the completion of this command line for a shell");
  auto shell = std::make_shared<std::string>();
  command->add_option("shell", *shell, "which shell")
      ->type_name("bash|zsh|fish")
      ->required()
      ->check([](const std::string& given) {
        for (const char* known : {"bash", "zsh", "fish"})
          if (given == known) return std::string();
        return fmt::format("there is a completion for bash, zsh and fish, not for '{}'", given);
      });
  command->footer(
      "Examples:\n  source <(imcaxy completion bash)      # in this shell; the package installs it for all\n"
      "  imcaxy completion zsh > \"${fpath[1]}/_imcaxy\"\n"
      "  imcaxy completion fish > ~/.config/fish/completions/imcaxy.fish");
  command->callback([shell, &app, &exit_status] {
    const Outline outline = outline_of(app);
    fmt::print("{}", *shell == "bash"  ? bash_completion(outline)
                     : *shell == "zsh" ? zsh_completion(outline)
                                       : fish_completion(outline));
    exit_status = done;
  });
}

}  // namespace imcaxy::command
