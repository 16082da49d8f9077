#include "invalidate_plan.hpp"

#include <algorithm>
#include <unordered_set>

#include <fmt/format.h>

#include "commands.hpp"
#include "wording.hpp"

namespace imcaxy::command {
namespace {

/// What git calls the folder without files: stands for "before everything" while a first run with --all is under way.
constexpr const char* empty_tree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

constexpr const char* ways_to_begin =
    "say where to begin: --since COMMIT for what changed since then (--since HEAD begins with the next change), or "
    "--all "
    "for every file that fits";

Failure failure_of(const Error& error) {
  return {error.status == 404 ? no_history : wrong_usage, error.message};
}

bool is_hash(const std::string& text) {
  return text.size() >= 7 && text.find_first_not_of("0123456789abcdef") == text.npos;
}

/// The commit that the server knows, as the full hash of one in the repository.
Outcome<std::string> find_known(const gitdiff::Repository& repository, const InvalidateRules& rules,
                                const LatestInvalidation& latest) {
  if (latest.commit == empty_tree)
    return give_up(no_history,
                   fmt::format("the first invalidation of '{}', with --all, did not come to its end: run it "
                               "again with --all",
                               rules.project));
  if (!is_hash(latest.commit))
    return give_up(no_history, fmt::format("the server knows '{}' as the latest commit of '{}', which is no hash; {}",
                                           shown(latest.commit), rules.project, ways_to_begin));
  auto found = repository.find(latest.commit);
  if (found) return std::move(*found);
  Failure failure = failure_of(found.error());
  failure.message = fmt::format("the server invalidated '{}' up to a commit that can't be compared with: {}; or {}",
                                rules.project, failure.message, ways_to_begin);
  return std::unexpected(std::move(failure));
}

/// Fills in from and meanwhile; the commit to compare with beside --all's nothing.
Outcome<std::optional<std::string>> settle_beginning(const gitdiff::Repository& repository,
                                                     const InvalidateRules& rules, const Beginning& beginning,
                                                     const std::optional<LatestInvalidation>& latest, Plan& plan) {
  if (latest) plan.meanwhile = latest->commit;
  plan.recorded = latest && latest->commit == plan.to;
  if (!beginning.since.empty()) {
    auto since = repository.find(beginning.since);
    if (!since) return std::unexpected(failure_of(since.error()));
    plan.from = std::move(*since);
    if (!latest) plan.meanwhile = plan.from;
    return std::nullopt;
  }
  if (beginning.everything) {
    if (!latest) plan.meanwhile = empty_tree;
    if (!latest) return std::nullopt;
    const auto known = find_known(repository, rules, *latest);
    if (!known) return std::nullopt;
    return *known;
  }
  if (!latest)
    return give_up(no_history,
                   fmt::format("the server has not invalidated '{}' yet; {}", rules.project, ways_to_begin));
  auto known = find_known(repository, rules, *latest);
  if (!known) return std::unexpected(std::move(known.error()));
  plan.from = std::move(*known);
  plan.recorded = plan.from == plan.to;  // also when the server knows it by a shorter name
  return std::nullopt;
}

std::vector<std::string> urls_of(const std::string& path, const std::vector<PathMap>& maps) {
  for (const PathMap& map : maps)
    if (auto urls = map.urls_of(path); !urls.empty()) return urls;
  return {};
}

void add_files(const gitdiff::Changes& changes, const InvalidateRules& rules, Plan& plan) {
  plan.submodules.assign(changes.submodules.begin(), changes.submodules.end());
  for (const auto& [path, change] : changes.files) {
    auto urls = urls_of(path, rules.maps);
    if (urls.empty())
      plan.unmapped.push_back(path);
    else
      plan.files.push_back({path, change, std::move(urls)});
  }
}

void collect_urls(const std::vector<std::string>& left, Plan& plan) {
  std::unordered_set<std::string> seen;
  const auto add = [&](const std::string& url) {
    if (seen.insert(url).second) plan.urls.push_back(url);
  };
  for (const std::string& url : left)
    if (http::parse_url(url)) add(url);  // what is no address can't have been served
  for (const PlannedFile& file : plan.files)
    for (const std::string& url : file.urls) add(url);
}

}  // namespace

Outcome<Plan> make_plan(const gitdiff::Repository& repository, const InvalidateRules& rules, const Beginning& beginning,
                        const std::optional<LatestInvalidation>& latest) {
  Plan plan;
  auto head = repository.head();
  if (!head) return std::unexpected(failure_of(head.error()));
  plan.to = std::move(*head);
  const auto also = settle_beginning(repository, rules, beginning, latest, plan);
  if (!also) return std::unexpected(also.error());

  const std::optional<std::string> from = plan.from.empty() ? std::nullopt : std::optional(plan.from);
  auto changes = repository.changes(from, plan.to, rules.filter);
  if (!changes) return std::unexpected(failure_of(changes.error()));
  if (*also) {
    // Of what is gone, --all would say nothing.
    auto gone = repository.changes(*also, plan.to, rules.filter);
    if (!gone) return std::unexpected(failure_of(gone.error()));
    changes->files.merge(gone->files);
  }
  add_files(*changes, rules, plan);
  collect_urls(latest ? latest->left : std::vector<std::string>(), plan);
  return plan;
}

}  // namespace imcaxy::command
