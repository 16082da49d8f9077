// `imcaxy version`
#include <memory>

#include <fmt/format.h>

#include "commands.hpp"
#include "config/version.hpp"
#include "image/library.hpp"

namespace imcaxy::command {

void add_version(CLI::App& app, int& exit_status) {
  CLI::App* command = app.add_subcommand("version", "Show the versions of the server and of its image library");
  auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "for machines");
  command->callback([json, &exit_status] {
    fmt::print(fmt::runtime(*json ? R"({{"imcaxy":"{}","libvips":"{}"}})"
                                    "\n"
                                  : "imcaxy {} (libvips {})\n"),
               version_text, image::library_version());
    exit_status = done;
  });
}

}  // namespace imcaxy::command
