// `imcaxy audit`: what a page would save with us.
#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <memory>
#include <thread>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "audit_downloads.hpp"
#include "audit_measure.hpp"
#include "audit_plan.hpp"
#include "audit_report.hpp"
#include "commands.hpp"
#include "image/library.hpp"
#include "server/open_codec.hpp"
#include "server/settings.hpp"
#include "wording.hpp"

namespace imcaxy::command {
namespace {

struct Flags {
  std::string page, urls;
  double width = 0;  ///< 0: not given
  std::size_t max_pictures = 200;
  std::uint64_t max_megabytes = 256;
  int timeout = 120;
  bool json = false;
};

/// What the server would be: its rules for sources, its formats, its limits.
struct Server {
  config::Config config;
  std::unique_ptr<server::CodecInUse> codec;
  AddressPolicy addresses;
  source::FetcherOptions fetching;
  proxy::ReaderOptions reading;
};

Outcome<Server> server_like(const ConfigFlags& options) {
  auto loaded = options.load();
  if (!loaded) return give_up(wrong_usage, loaded.error());
  for (const std::string& warning : loaded->warnings) complain(warning);
  Server like{.config = std::move(loaded->config), .codec = {}, .addresses = {}, .fetching = {}, .reading = {}};
  const config::Config& c = like.config;
  auto addresses = AddressPolicy::parse(c.allow_private_sources);
  if (!addresses) return give_up(wrong_usage, addresses.error());
  like.addresses = std::move(*addresses);
  if (auto started = image::start({.linear_light = c.light == "linear"}); !started)
    return give_up(failed, started.error());
  like.codec = std::make_unique<server::CodecInUse>(c);
  auto reading = server::local_reader_options(c);
  if (!reading) return give_up(wrong_usage, reading.error());
  like.reading = std::move(*reading);
  like.fetching = {.max_bytes = static_cast<std::uint64_t>(c.max_source_bytes),
                   .timeout = std::chrono::seconds(c.fetch_timeout_seconds),
                   .policy = like.reading.policy};
  return like;
}

Outcome<AuditPlan> plan_of(const Flags& flags, http::Client& client, const Server& server) {
  auto plan = flags.urls.empty()
                  ? read_page(client, flags.page,
                              std::min(server.fetching.timeout, std::chrono::milliseconds(flags.timeout * 1000)))
                  : read_picture_list(flags.urls, flags.width > 0 ? std::optional(flags.width) : std::nullopt);
  if (!plan) return plan;
  if (plan->pictures.size() > flags.max_pictures)
    return give_up(flags.urls.empty() ? failed : wrong_usage,
                   fmt::format("there are {} pictures, more than {}: raise --max-pictures, or give those that matter "
                               "with --urls",
                               plan->pictures.size(), flags.max_pictures));
  return plan;
}

std::set<std::string> addresses_of(const AuditPlan& plan) {
  std::set<std::string> urls;
  for (const auto& row : choices_of(plan))
    for (const auto& choice : row)
      if (choice) urls.insert({choice->candidate.url, choice->original});
  return urls;
}

unsigned threads_of(const config::Config& config) {
  return config.cpu_threads > 0 ? static_cast<unsigned>(config.cpu_threads)
                                : std::max(1u, std::thread::hardware_concurrency());
}

Outcome<Audit> audit(const Flags& flags, const Server& like) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(flags.timeout);
  const std::uint64_t most_bytes = flags.max_megabytes << 20;
  // All of them are kept until they have been looked at.
  http::Client client(
      {.max_buffered_bytes = most_bytes + 8 * like.fetching.max_bytes + (64u << 20), .addresses = like.addresses});
  auto plan = plan_of(flags, client, like);
  if (!plan) return std::unexpected(std::move(plan.error()));
  const auto downloads = download(client, like.fetching, addresses_of(*plan), {most_bytes, end});
  const proxy::RequestReader reader(like.reading);
  return measure(std::move(*plan), downloads,
                 {reader, server::image_limits(like.config), threads_of(like.config), end});
}

/// For what is under way when the time is over.
constexpr std::chrono::seconds grace{30};

/// Ends the program when it takes far longer than it was given: a page can be written so that reading it takes hours.
class Watchdog {
 public:
  explicit Watchdog(std::chrono::seconds limit)
      : thread_([limit](const std::stop_token& stop) {
          std::mutex mutex;
          std::unique_lock lock(mutex);
          std::condition_variable_any wake;
          wake.wait_for(lock, stop, limit, [] { return false; });
          if (stop.stop_requested()) return;
          complain(fmt::format("it was not done after {} s: what is looked at takes too long", limit.count()));
          std::_Exit(failed);
        }) {}

 private:
  std::jthread thread_;
};

int run(const Flags& flags, const ConfigFlags& options) {
  spdlog::set_level(spdlog::level::off);
  const auto like = server_like(options);
  if (!like) {
    complain(like.error().message);
    return like.error().exit;
  }
  const Watchdog watchdog(std::chrono::seconds(flags.timeout) + grace);
  const auto done_audit = audit(flags, *like);
  if (!done_audit) {
    complain(done_audit.error().message);
    return done_audit.error().exit;
  }
  fmt::print("{}", flags.json ? audit_json(*done_audit) : audit_table(*done_audit));
  return done_audit->failures.empty() ? done : failed;
}

}  // namespace

void add_audit(CLI::App& app, int& exit_status) {
  CLI::App* command = app.add_subcommand("audit", "Tell what the pictures of a page would be with this server");
  auto flags = std::make_shared<Flags>();
  CLI::Option_group* from = command->add_option_group("what to look at");
  from->add_option("PAGE", flags->page, "the address of a page")->type_name("URL");
  CLI::Option* urls =
      from->add_option("--urls", flags->urls,
                       "instead: a file with the address of a picture in each line; '-': standard input")
          ->type_name("FILE");
  from->require_option(1);
  command->add_option("--width", flags->width, "how wide the pictures of a list are shown, in CSS pixels")
      ->type_name("N")
      ->check(CLI::Range(1, 10000))
      ->needs(urls);
  command->add_option("--max-pictures", flags->max_pictures, "more are an error")
      ->type_name("N")
      ->check(CLI::Range(1, 5000))
      ->capture_default_str();
  command
      ->add_option("--max-megabytes", flags->max_megabytes,
                   "what all pictures together may have; further ones are left out")
      ->type_name("N")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str();
  command->add_option("--timeout", flags->timeout, "seconds for all of it; what is not done then is left out")
      ->type_name("N")
      ->check(CLI::Range(1, 3600))
      ->capture_default_str();
  command->add_flag("--json", flags->json, "for machines: one object on standard output");
  auto options = std::make_shared<ConfigFlags>(*command);
  command->footer(
      "Each picture is fetched once, four at a time, and made into what a server with this configuration would send to "
      "a phone, a laptop and an old browser; nothing is kept. Pages in your own network need --allow-private-sources "
      "true.\nExit status: 0 done, 1 the page or some of its pictures could not be read, 2 wrong usage.\n\nExamples:\n"
      "  imcaxy audit https://example.com/\n  imcaxy audit --urls pictures.txt --width 640 --json");
  command->callback([flags, options, &exit_status] { exit_status = run(*flags, *options); });
}

}  // namespace imcaxy::command
