// `imcaxy invalidate`: what changed in a repository is forgotten by a server.
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <set>
#include <span>
#include <unordered_set>

#include <fmt/format.h>

#include "cache/tag.hpp"
#include "cdn.hpp"
#include "commands.hpp"
#include "http/query.hpp"
#include "invalidate_plan.hpp"
#include "invalidate_report.hpp"
#include "picture_names.hpp"
#include "progress.hpp"
#include "rules_file.hpp"
#include "secrets.hpp"
#include "wording.hpp"

namespace imcaxy::command {
namespace {

struct Flags {
  std::string server, repository = ".", rules_file, token_file;
  Rules rules;
  Beginning beginning;
  bool dry_run = false, json = false, warm = false;
  std::size_t batch = 500;
  int retries = 5;
  double rate = 0;
  std::vector<std::string> cdns;
  std::string cdn_url, cdn_api;
};

constexpr std::int64_t most_files_by_default = 20000;

/// A flag wins over the file.
Outcome<Rules> effective_rules(const Flags& flags, const gitdiff::Repository& repository) {
  Rules rules;
  const std::string usual = repository.root() + rules_file_name;
  const bool has_usual = !repository.root().empty() && ::access(usual.c_str(), F_OK) == 0;
  if (!flags.rules_file.empty() || has_usual) {
    auto read = read_rules(flags.rules_file.empty() ? usual : flags.rules_file);
    if (!read) return read;
    rules = std::move(*read);
  }
  if (!flags.rules.project.empty()) rules.project = flags.rules.project;
  if (!flags.rules.folders.empty()) rules.folders = flags.rules.folders;
  if (!flags.rules.patterns.empty()) rules.patterns = flags.rules.patterns;
  if (!flags.rules.maps.empty()) rules.maps = flags.rules.maps;
  if (flags.rules.most_files) rules.most_files = flags.rules.most_files;
  if (rules.patterns.empty()) rules.patterns.emplace_back(picture_names);

  const std::pair<bool, const char*> wanted[] = {
      {rules.project.empty(), "--project NAME, the name under which the server remembers this repository"},
      {rules.folders.empty(), "--dir FOLDER, where the pictures are, such as public/images"},
      {rules.maps.empty(), "--map RULE, how a path becomes an address, such as 'public/(.*)=https://example.com/$1'"}};
  for (const auto& [missing, what] : wanted)
    if (missing)
      return give_up(wrong_usage, fmt::format("{} is missing; it may also stand in {}", what, rules_file_name));
  return rules;
}

Outcome<InvalidateRules> parse_rules(const Rules& rules) {
  auto filter = gitdiff::Filter::make(rules.folders, rules.patterns);
  if (!filter) return give_up(wrong_usage, filter.error());
  InvalidateRules parsed{rules.project, std::move(*filter), {}};
  for (const std::string& rule : rules.maps) {
    auto map = PathMap::parse(rule);
    if (!map) return std::unexpected(std::move(map.error()));
    parsed.maps.push_back(std::move(*map));
  }
  return parsed;
}

Outcome<void> check_size(const Plan& plan, const Rules& rules, const Flags& flags) {
  const std::int64_t count = std::ssize(plan.files), most = rules.most_files.value_or(most_files_by_default);
  // Who says --all means all, unless a bound was given.
  if (flags.dry_run || count <= most || (flags.beginning.everything && !rules.most_files)) return {};
  return give_up(failed, fmt::format("{} files changed, which is more than the {} that --max allows, and nothing was "
                                     "sent: look at them with --dry-run, then run again with --max {}",
                                     count, most, count));
}

/// Whether the format was left to the server, so that clients got several.
bool leaves_format_open(const std::string& target) {
  const std::size_t question = target.find('?');
  const http::Query query =
      http::parse_query(question == target.npos ? "" : std::string_view(target).substr(question + 1));
  const auto type = http::find(query, "type");
  return !type || type->empty() || *type == "auto";
}

/// The sizes in use: what was forgotten, for each kind of client that had it. Without what is gone.
std::vector<WarmRequest> to_warm(const ServerAddress& server, const Plan& plan,
                                 const std::vector<ForgottenImage>& images) {
  std::unordered_set<std::string> gone;
  for (const PlannedFile& file : plan.files)
    if (file.change == gitdiff::Change::deleted)
      for (const std::string& url : file.urls)
        if (const auto parsed = http::parse_url(url)) gone.insert(parsed->text);
  std::set<WarmRequest> wanted;
  for (const ForgottenImage& image : images) {
    if (gone.contains(image.source_url) || !image.target.starts_with('/')) continue;
    const std::string url = server.url_of(image.target);
    if (leaves_format_open(image.target)) wanted.insert({url, accept_of_browsers});
    if (image.mime_type != "image/avif" && image.mime_type != "image/webp") wanted.insert({url, accept_of_others});
    if (!leaves_format_open(image.target)) wanted.insert({url, accept_of_others});
  }
  return {wanted.begin(), wanted.end()};
}

Outcome<std::optional<CdnPurger>> make_purger(const Flags& flags) {
  if (flags.cdns.empty() || flags.dry_run) return std::nullopt;
  std::vector<Cdn> cdns;
  for (const std::string& text : flags.cdns) {
    auto cdn = Cdn::parse(text);
    if (!cdn) return std::unexpected(std::move(cdn.error()));
    cdns.push_back(std::move(*cdn));
  }
  auto purger = CdnPurger::make(std::move(cdns), read_cdn_secrets(), flags.cdn_api);
  if (!purger) return std::unexpected(std::move(purger.error()));
  return std::optional(std::move(*purger));
}

/// One invalidation, from the flags to the report, which is filled as far as it came.
class Invalidation {
 public:
  explicit Invalidation(const Flags& flags) : flags_(flags) {}

  Outcome<void> run();
  const InvalidateReport& report() const { return report_; }

 private:
  Outcome<void> plan();
  Outcome<void> send();
  Outcome<void> send_batch(std::span<const std::string> urls, const std::string& commit);
  Outcome<void> purge_cdns();
  Outcome<void> warm();

  const Flags& flags_;
  std::optional<CdnPurger> purger_;
  std::optional<ServerAddress> cdn_address_;  ///< under which clients ask the CDN; nothing: purge by tag
  std::optional<ServerAddress> address_;
  std::unique_ptr<RemoteServer> server_;
  std::vector<ForgottenImage> forgotten_;
  InvalidateReport report_;
};

Outcome<void> Invalidation::plan() {
  auto repository = gitdiff::Repository::open(flags_.repository);
  if (!repository) return give_up(wrong_usage, "--repo: " + repository.error().message);
  auto rules = effective_rules(flags_, *repository);
  if (!rules) return std::unexpected(std::move(rules.error()));
  report_.project = rules->project;
  auto parsed = parse_rules(*rules);
  if (!parsed) return std::unexpected(std::move(parsed.error()));

  std::optional<LatestInvalidation> latest;
  // What a dry run compares with needs no server, where it is given.
  if (!flags_.dry_run || (flags_.beginning.since.empty() && !flags_.beginning.everything)) {
    auto known = server_->latest(rules->project);
    if (!known) return std::unexpected(std::move(known.error()));
    latest = std::move(*known);
  }
  auto made = make_plan(*repository, *parsed, flags_.beginning, latest);
  if (!made) return std::unexpected(std::move(made.error()));
  report_.plan = std::move(*made);
  return check_size(report_.plan, *rules, flags_);
}

Outcome<void> Invalidation::send_batch(std::span<const std::string> urls, const std::string& commit) {
  auto images = server_->invalidate(report_.project, commit, {urls.begin(), urls.end()});
  if (!images) {
    Failure failure = std::move(images.error());
    failure.message += fmt::format("; {} of {} were invalidated, run it again for the rest", report_.urls_done,
                                   counted(report_.plan.urls.size(), "address", "addresses"));
    return std::unexpected(std::move(failure));
  }
  report_.urls_done += urls.size();
  report_.images_done += images->size();
  std::ranges::move(*images, std::back_inserter(forgotten_));
  return {};
}

/// The server records a commit with each request, whether it could do all or not. So what is recorded until the last
/// request is the commit where this run began: whatever fails, or ends this process, the next run begins there again.
Outcome<void> Invalidation::send() {
  const Plan& plan = report_.plan;
  const std::span<const std::string> all = plan.urls;
  {
    Progress progress("invalidated", all.size());
    const bool alone = all.size() <= flags_.batch && !purger_;
    for (std::size_t begin = 0; begin < all.size(); begin += flags_.batch) {
      const auto urls = all.subspan(begin, std::min(flags_.batch, all.size() - begin));
      if (auto ok = send_batch(urls, alone ? plan.to : plan.meanwhile); !ok) return ok;
      progress.show(report_.urls_done);
      report_.recorded = alone;
    }
  }
  if (auto ok = purge_cdns(); !ok) return ok;
  if (!report_.recorded && !plan.nothing_to_do())
    if (auto ok = send_batch({}, plan.to); !ok) return ok;
  report_.recorded = true;
  return {};
}

/// After our own cache, since a CDN asks again at once; before the commit is recorded, so that a failure is made good.
Outcome<void> Invalidation::purge_cdns() {
  if (!purger_) return {};
  std::set<std::string> items;
  if (cdn_address_) {
    for (const ForgottenImage& image : forgotten_)
      if (image.target.starts_with('/')) items.insert(cdn_address_->url_of(image.target));
  } else {
    for (const std::string& url : report_.plan.urls)
      if (const auto parsed = http::parse_url(url)) items.insert(cache::tag_of(parsed->text));
  }
  CdnPurge what;
  (cdn_address_ ? what.urls : what.tags).assign(items.begin(), items.end());
  Caller caller(flags_.retries);
  auto ok = purger_->purge(what, caller);
  if (ok) report_.cdn_purged = items.size();
  return ok;
}

Outcome<void> Invalidation::warm() {
  auto secrets = read_secrets();
  if (!secrets) return std::unexpected(std::move(secrets.error()));
  report_.warms = true;
  report_.warmed = warm_up(to_warm(*address_, report_.plan, forgotten_), {flags_.rate, secrets->api_key});
  return {};
}

Outcome<void> Invalidation::run() {
  report_.dry_run = flags_.dry_run;
  auto address = ServerAddress::parse(flags_.server);
  if (!address) return std::unexpected(std::move(address.error()));
  address_ = *address;
  report_.server = address_->base;
  if (!flags_.cdn_url.empty()) {
    auto cdn_address = ServerAddress::parse(flags_.cdn_url, "--cdn-url");
    if (!cdn_address) return std::unexpected(std::move(cdn_address.error()));
    cdn_address_ = *cdn_address;
  }
  auto purger = make_purger(flags_);
  if (!purger) return std::unexpected(std::move(purger.error()));
  purger_ = std::move(*purger);
  std::string token;
  if (!flags_.dry_run) {
    auto read = read_token(flags_.token_file);
    if (!read) return std::unexpected(std::move(read.error()));
    token = std::move(*read);
  }
  server_ = std::make_unique<RemoteServer>(*address_, std::move(token), flags_.retries);
  if (auto ok = plan(); !ok) return ok;
  if (flags_.dry_run) return {};
  if (auto ok = send(); !ok) return ok;
  return flags_.warm ? warm() : Outcome<void>();
}

int invalidate(const Flags& flags) {
  Invalidation invalidation(flags);
  const auto outcome = invalidation.run();
  const InvalidateReport& report = invalidation.report();
  warn_of(report.plan);
  if (!outcome) complain(outcome.error().message);
  if (flags.json)
    print_for_machines(report, outcome ? nullptr : &outcome.error());
  else if (outcome)
    print_for_people(report);
  return outcome ? static_cast<int>(done) : outcome.error().exit;
}

constexpr const char* examples =
    R"(The token comes from IMCAXY_INVALIDATE_SECURITY_TOKEN or from --token-file. --project, --dir, --match, --map and --max may
stand in the repository's .imcaxy.toml, below [invalidate]; flags win.

Exit status: 0 done, or nothing to do; 1 the server refused or failed, or --max was exceeded; 2 wrong usage; 3 the history can't answer.

Examples:
  imcaxy invalidate --server https://img.example.com --project site --dir public/images \
      --map 'public/(.*)=https://example.com/$1' --since HEAD      # the first time: from here on
  imcaxy invalidate --server https://img.example.com --project site --dir public/images \
      --map 'public/(.*)=https://example.com/$1'                   # after each deployment
  imcaxy invalidate --server https://img.example.com --since v1.2 --dry-run --json | jq -r '.urls[]')";

void add_rule_flags(CLI::App& command, Flags& flags) {
  command.add_option("--project", flags.rules.project, "the name under which the server remembers this repository")
      ->type_name("NAME");
  const auto list = [&](const char* name, std::vector<std::string>& values, const char* help, const char* type) {
    command.add_option(name, values, help)->type_name(type)->allow_extra_args(false);
  };
  list("--dir", flags.rules.folders, "a folder of pictures, from the repository's root; may be given several times",
       "FOLDER");
  list(
      "--match", flags.rules.patterns,
      "an expression (RE2) that fits a part of the paths; several times: one of them; default: the endings of pictures",
      "REGEX");
  list("--map", flags.rules.maps,
       "how a path becomes an address: an expression for the whole path, '=', and the address with $1 for its first "
       "group; several times: the first that fits",
       "REGEX=URL");
  command
      .add_option("--max", flags.rules.most_files,
                  fmt::format("refuse when more files changed; default: {}, none with --all", most_files_by_default))
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  command.add_option("--rules", flags.rules_file, "instead of .imcaxy.toml in the repository's root")
      ->type_name("FILE");
}

}  // namespace

void add_invalidate(CLI::App& app, int& exit_status) {
  CLI::App* command = app.add_subcommand("invalidate", "Forget the pictures that changed in a git repository");
  auto flags = std::make_shared<Flags>();
  command->add_option("--server", flags->server, "where Imcaxy is, with IMCAXY_PATH_PREFIX where it has one")
      ->type_name("URL")
      ->required();
  command->add_option("--repo", flags->repository, "a folder in the repository; default: this one")
      ->type_name("FOLDER");
  add_rule_flags(*command, *flags);
  auto* since = command
                    ->add_option("--since", flags->beginning.since,
                                 "what changed since this commit, tag or branch; default: what the server knows")
                    ->type_name("COMMIT");
  command->add_flag("--all", flags->beginning.everything, "every file that fits")->excludes(since);
  command->add_flag("--dry-run", flags->dry_run, "only say what would be invalidated; needs no token");
  command->add_flag("--json", flags->json, "for machines: one object on standard output");
  command->add_flag("--warm", flags->warm, "ask for the forgotten pictures again, in the sizes that were in use");
  command->add_option("--rate", flags->rate, "pictures a second for --warm; default: as fast as they come")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber);
  auto* cdn = command
                  ->add_option("--cdn", flags->cdns,
                               "a CDN to purge afterwards, by the tags that the server sends with IMCAXY_CACHE_TAGS; "
                               "may be given several times")
                  ->type_name("KIND:ID")
                  ->allow_extra_args(false);
  command
      ->add_option("--cdn-url", flags->cdn_url,
                   "purge by address instead: where clients ask the CDN for what the server has")
      ->type_name("URL")
      ->needs(cdn);
  command->add_option("--cdn-api", flags->cdn_api, "instead of the CDN's own API, such as a gateway")
      ->type_name("URL")
      ->needs(cdn);
  command->add_option("--token-file", flags->token_file, "a file with the token")->type_name("FILE");
  command->add_option("--batch", flags->batch, "addresses in a request; default: 500")
      ->type_name("N")
      ->check(CLI::Range(std::size_t{1}, std::size_t{100000}));
  command->add_option("--retries", flags->retries, "further tries where the server does not answer; default: 5")
      ->type_name("N")
      ->check(CLI::Range(0, 100));
  command->footer(examples);
  command->callback([flags, &exit_status] { exit_status = invalidate(*flags); });
}

}  // namespace imcaxy::command
