// `imcaxy serve`: the server, until a signal ends it.
#include <pthread.h>
#include <sys/resource.h>

#include <csignal>
#include <memory>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "base/log.hpp"
#include "commands.hpp"
#include "config/version.hpp"
#include "server/app.hpp"

namespace imcaxy::command {
namespace {

/// Blocked in every thread, so that `wait` alone receives them.
sigset_t block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return signals;
}

/// A connection is an open file: as many as the system allows this process without asking.
void raise_file_limit() {
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
}

/// Returns at SIGTERM or SIGINT.
void wait(const sigset_t& signals, server::App& app) {
  for (;;) {
    int signal = 0;
    if (sigwait(&signals, &signal) != 0) continue;
    if (signal != SIGHUP) return;
    app.reopen_logs();
    log_reopen();
    spdlog::info("log files opened again");
    app.reload_certificate();
  }
}

int serve(const ConfigFlags& flags) {
  const auto loaded = flags.load();
  if (!loaded) {
    complain(loaded.error().message);
    return failed;
  }
  const config::Config& config = loaded->config;
  raise_file_limit();
  const sigset_t signals = block_signals();
  const LogOptions log{.level = spdlog::level::from_str(config.log_level),
                       .format = config.log_format == "json" ? LogFormat::json : LogFormat::text,
                       .file = config.log_file};
  if (const auto started = log_start(log); !started) {
    complain(started.error().message);
    return failed;
  }
  for (const std::string& warning : loaded->warnings) spdlog::warn("{}", warning);

  auto app = server::App::open(config);
  if (app)
    if (auto started = (*app)->start(); !started) app = std::unexpected(started.error());
  if (!app) {
    complain(app.error().message + (app.error().cause.empty() ? "" : " (" + app.error().cause + ")"));
    return failed;
  }
  spdlog::info("imcaxy {} serves on {}://{}:{}/, data in {}", version_text, config.tls_cert.empty() ? "http" : "https",
               config.bind, (*app)->port(), config.data_dir);
  wait(signals, **app);
  spdlog::info("stopping: running requests have {} s to end", config.shutdown_timeout_seconds);
  (*app)->stop();
  spdlog::info("stopped");
  return done;
}

}  // namespace

void add_serve(CLI::App& app, int& exit_status) {
  CLI::App* command =
      app.add_subcommand("serve", "Serve images until SIGTERM; SIGHUP opens the log files and the certificate again");
  auto flags = std::make_shared<ConfigFlags>(*command);
  command->footer(
      "Examples:\n  imcaxy serve\n  imcaxy serve --port 9000 --data-dir /var/lib/imcaxy\n  imcaxy serve --config "
      "imcaxy.toml");
  command->callback([flags, &exit_status] { exit_status = serve(*flags); });
}

}  // namespace imcaxy::command
