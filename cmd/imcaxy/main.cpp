// The command line.
#include "commands.hpp"

#include "config/version.hpp"
#include "refinery/process.hpp"
#include "refinery/worker.hpp"

int main(int argc, char** argv) {
  using namespace imcaxy::command;
  // Started by the server itself, and by nobody else: no command.
  if (argc == 3 && argv[1] == imcaxy::refinery::worker_argument) return imcaxy::refinery::run_worker(argv[2]);
  imcaxy::refinery::offer_worker();
  CLI::App app{"Imcaxy: an image cache and proxy, compatible with Imaginary", "imcaxy"};
  app.set_version_flag("--version", std::string(imcaxy::version_text));
  app.require_subcommand(1);
  int exit_status = done;
  add_serve(app, exit_status);
  add_invalidate(app, exit_status);
  add_warm(app, exit_status);
  add_audit(app, exit_status);
  add_sign(app, exit_status);
  add_config(app, exit_status);
  add_health(app, exit_status);
  add_migrate(app, exit_status);
  add_completion(app, exit_status);
  add_man(app, exit_status);
  add_version(app, exit_status);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? done : wrong_usage;
  }
  return exit_status;
}
