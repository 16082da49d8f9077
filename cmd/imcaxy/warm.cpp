// `imcaxy warm`: pictures are made before anybody asks for them.
#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "commands.hpp"
#include "secrets.hpp"
#include "warm_list.hpp"
#include "warmer.hpp"
#include "wording.hpp"

namespace imcaxy::command {
namespace {

struct Flags {
  std::string server, urls, sitemap, atproto;
  std::vector<std::string> requests;
  double rate = 0;
};

/// What the person named: pictures on the server, or addresses elsewhere.
Outcome<std::vector<std::string>> read_entries(const Flags& flags, const ServerAddress& server) {
  if (!flags.atproto.empty()) return read_blobs(flags.atproto);
  return flags.urls.empty() ? read_sitemaps(server, flags.sitemap) : read_list(flags.urls);
}

Outcome<std::vector<WarmRequest>> to_ask(const Flags& flags) {
  const auto server = ServerAddress::parse(flags.server);
  if (!server) return std::unexpected(server.error());
  for (const std::string& request : flags.requests)
    if (!request.starts_with('/'))
      return give_up(wrong_usage,
                     fmt::format("--request '{}' is no path such as '/imaginary/resize?width=640'", request));
  const auto entries = read_entries(flags, *server);
  if (!entries) return std::unexpected(entries.error());
  const WarmTargets targets = warm_targets(*server, *entries, flags.requests);
  if (!targets.foreign.empty()) {
    complain(fmt::format("{} no request to {} and left out, the first is {}",
                         counted(targets.foreign.size(), "address is", "addresses are"), server->base,
                         shown(targets.foreign.front())));
    if (targets.urls.empty())
      return give_up(wrong_usage,
                     "nothing is left to ask for: say how these pictures are used, as in --request "
                     "'/imaginary/resize?width=640'");
  }
  std::vector<WarmRequest> requests;
  for (const std::string& url : targets.urls) requests.push_back({url, accept_of_browsers});
  return requests;
}

Outcome<Warmed> warm(const Flags& flags) {
  const auto requests = to_ask(flags);
  if (!requests) return std::unexpected(requests.error());
  const auto secrets = read_secrets();
  if (!secrets) return std::unexpected(secrets.error());
  return warm_up(*requests, {flags.rate, secrets->api_key});
}

int run(const Flags& flags) {
  const auto warmed = warm(flags);
  if (!warmed) {
    complain(warmed.error().message);
    return warmed.error().exit;
  }
  fmt::print("{} asked for, {} failed\n", counted(warmed->asked, "picture", "pictures"), warmed->failed);
  if (warmed->failed == 0) return done;
  complain("the first that failed: " + warmed->first_failure);
  return failed;
}

}  // namespace

void add_warm(CLI::App& app, int& exit_status) {
  CLI::App* command = app.add_subcommand("warm", "Ask for pictures before anybody else does");
  auto flags = std::make_shared<Flags>();
  command->add_option("--server", flags->server, "where Imcaxy is")->type_name("URL")->required();
  CLI::Option_group* from = command->add_option_group("what to ask for");
  from->add_option("--urls", flags->urls,
                   "a file with an address or a path on the server in each line; '-': standard input")
      ->type_name("FILE");
  from->add_option("--sitemap", flags->sitemap, "a sitemap, or an index of them: its pictures")->type_name("URL");
  from->add_option("--atproto", flags->atproto,
                   "a file with an account, a blob and a preset in each line: 'did:plc:... bafkrei... avatar'; '-': "
                   "standard input")
      ->type_name("FILE");
  from->require_option(1);
  command
      ->add_option("--request", flags->requests,
                   "what is asked of the server for each address that is elsewhere; may be given several times")
      ->type_name("PATH?QUERY")
      ->allow_extra_args(false);
  command->add_option("--rate", flags->rate, "pictures a second; default: as fast as they come, four at a time")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber);
  command->footer(
      "They are asked for as browsers do, which know AVIF and WebP. A server with an API key gets that of "
      "IMCAXY_API_KEY.\nExit status: 0 done, 1 some failed, 2 wrong usage.\n\nExamples:\n  imcaxy warm --server "
      "https://img.example.com --urls pictures.txt --rate 20\n  imcaxy warm --server https://img.example.com --sitemap "
      "https://example.com/sitemap.xml \\\n      --request '/imaginary/resize?width=640' --request "
      "'/imaginary/resize?width=1280'");
  command->callback([flags, &exit_status] { exit_status = run(*flags); });
}

}  // namespace imcaxy::command
