// The subcommands: each adds itself to the command line and sets the exit status when it was chosen.
#pragma once

#include <map>
#include <string>

#include <CLI/CLI.hpp>

#include "config/load.hpp"

namespace imcaxy::command {

/// Exit statuses that all subcommands share.
enum Exit { done = 0, failed = 1, wrong_usage = 2, no_history = 3 };

void add_serve(CLI::App& app, int& exit_status);
void add_invalidate(CLI::App& app, int& exit_status);
void add_warm(CLI::App& app, int& exit_status);
void add_sign(CLI::App& app, int& exit_status);
void add_health(CLI::App& app, int& exit_status);
void add_audit(CLI::App& app, int& exit_status);
void add_config(CLI::App& app, int& exit_status);
void add_migrate(CLI::App& app, int& exit_status);
/// These two describe the whole app when they run.
void add_completion(CLI::App& app, int& exit_status);
void add_man(CLI::App& app, int& exit_status);
void add_version(CLI::App& app, int& exit_status);

/// The options of the configuration as flags of a subcommand. Must outlive the parsing.
class ConfigFlags {
 public:
  explicit ConfigFlags(CLI::App& command);

  /// The effective configuration; its warnings are not shown yet.
  Result<config::Loaded> load() const;

 private:
  std::string file_;
  std::map<std::string, std::string> values_;
  std::map<std::string, CLI::Option*> flags_;
};

/// `imcaxy: <message>` on standard error.
void complain(const std::string& message);

}  // namespace imcaxy::command
