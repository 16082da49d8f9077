// `imcaxy health`: whether the server of this machine is ready, for probes that have nothing else to ask with.
#include <future>
#include <memory>

#include <fmt/format.h>
#include <boost/asio/ip/address.hpp>

#include "caller.hpp"
#include "commands.hpp"
#include "http/client.hpp"
#include "wording.hpp"

namespace imcaxy::command {
namespace {

/// Where a server that listens on `bind` can be asked from here.
std::string host_of(const std::string& bind) {
  const auto address = boost::asio::ip::make_address(bind);  // was checked when it was read
  if (address.is_v4()) return address.is_unspecified() ? "127.0.0.1" : bind;
  return address.is_unspecified() ? "[::1]" : "[" + bind + "]";
}

std::string url_of(const config::Config& c) {
  return fmt::format("{}://{}:{}{}/ready", c.tls_cert.empty() ? "http" : "https", host_of(c.bind), c.port,
                     c.path_prefix);
}

int health(const ConfigFlags& flags, std::chrono::seconds timeout) {
  const auto loaded = flags.load();
  if (!loaded) {
    complain(loaded.error().message);
    return failed;
  }
  const std::string url = url_of(loaded->config);
  http::Client client(any_address());
  std::promise<http::Client::Outcome> promise;
  // Its certificate is for the name that others know it by.
  client.send({.url = url, .headers = {}, .max_bytes = 65536, .timeout = timeout, .any_certificate = true},
              [&](http::Client::Outcome outcome) { promise.set_value(std::move(outcome)); });
  const http::Client::Outcome outcome = promise.get_future().get();
  if (!outcome) {
    complain(fmt::format("{}: {}", url, outcome.error().text));
    return failed;
  }
  if (outcome->status != 200) {
    complain(fmt::format("{} answered {}: {}", url, outcome->status, shown(outcome->body.view())));
    return failed;
  }
  fmt::print("{}", outcome->body.view());
  return done;
}

}  // namespace

void add_health(CLI::App& app, int& exit_status) {
  CLI::App* command =
      app.add_subcommand("health", "Ask the server of this machine whether it is ready; exit status 1 if it is not");
  auto flags = std::make_shared<ConfigFlags>(*command);
  auto timeout = std::make_shared<int>(5);
  command->add_option("--timeout", *timeout, "seconds to wait for it")
      ->check(CLI::Range(1, 3600))
      ->capture_default_str();
  command->footer(
      "It reads the configuration as serve does, to know where to ask.\nExamples:\n  imcaxy health\n  imcaxy health "
      "--port "
      "9000 --timeout 2");
  command->callback([flags, timeout, &exit_status] { exit_status = health(*flags, std::chrono::seconds(*timeout)); });
}

}  // namespace imcaxy::command
