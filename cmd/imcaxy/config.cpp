// `imcaxy config`: the effective configuration, or its documentation.
#include <memory>

#include <fmt/format.h>

#include "commands.hpp"
#include "config/show.hpp"
#include "server/remote.hpp"
#include "server/scale_out.hpp"

namespace imcaxy::command {
namespace {

/// Whether everything answers that the configuration names; says what does not.
bool check_connections(const config::Config& config) {
  std::vector<std::string> wrong = server::check_scale_out(config);
  if (!config.imaginary_service_url.empty()) {
    processor::imaginary::Remote remote(server::remote_options(config));
    if (const auto checked = remote.check(); !checked) wrong.push_back(checked.error().message);
  }
  for (const std::string& text : wrong) complain(text);
  return wrong.empty();
}

}  // namespace

void add_config(CLI::App& app, int& exit_status) {
  CLI::App* command = app.add_subcommand("config", "Show the effective configuration and where each value comes from");
  struct Chosen {
    bool check = false, json = false, markdown = false;
  };
  auto chosen = std::make_shared<Chosen>();
  auto flags = std::make_shared<ConfigFlags>(*command);
  auto* check = command->add_flag("--check", chosen->check,
                                  "only say what is wrong, and try every connection; exit status 1 if something is");
  auto* json = command->add_flag("--json", chosen->json, "for machines")->excludes(check);
  command->add_flag("--markdown", chosen->markdown, "write the documentation of all options")
      ->excludes(check)
      ->excludes(json);
  command->footer(
      "Examples:\n  imcaxy config\n  IMCAXY_PORT=9000 imcaxy config --json\n  imcaxy config --check --config "
      "imcaxy.toml");
  command->callback([chosen, flags, &exit_status] {
    if (chosen->markdown) {
      fmt::print("{}", config::to_markdown());
      return;
    }
    const auto loaded = flags->load();
    if (!loaded) {
      complain(loaded.error().message);
      exit_status = failed;
      return;
    }
    for (const std::string& warning : loaded->warnings) complain(warning);
    if (chosen->check) {
      if (!loaded->warnings.empty() || !check_connections(loaded->config)) exit_status = failed;
      return;
    }
    fmt::print("{}", chosen->json ? config::to_json(*loaded) : config::to_text(*loaded));
  });
}

}  // namespace imcaxy::command
