#include "invalidate_report.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "wording.hpp"

namespace imcaxy::command {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t most_named = 5;

/// The first of them, so that a log stays readable.
std::string some_of(const std::vector<std::string>& names) {
  std::string out;
  for (std::size_t i = 0; i < names.size() && i < most_named; ++i) {
    if (i > 0) out += ", ";
    out += shown(names[i]);
  }
  return names.size() > most_named ? out + fmt::format(" and {} more", names.size() - most_named) : out;
}

std::string short_hash(const std::string& hash) {
  return hash.empty() ? "nothing" : hash.substr(0, 12);
}

}  // namespace

void warn_of(const Plan& plan) {
  if (!plan.unmapped.empty())
    complain(fmt::format("no --map fits {}, which stay as they are: {}",
                         counted(plan.unmapped.size(), "changed file", "changed files"), some_of(plan.unmapped)));
  if (!plan.submodules.empty())
    complain(fmt::format("submodules are repositories of their own and were not looked into: {}; run this in them, too",
                         some_of(plan.submodules)));
}

void print_for_people(const InvalidateReport& report) {
  const Plan& plan = report.plan;
  for (const PlannedFile& file : plan.files)
    for (const std::string& url : file.urls) fmt::print("{:8}  {}\n", gitdiff::to_text(file.change), url);
  const std::string what =
      fmt::format("{}: {} from {} to {}", report.project, counted(plan.files.size(), "changed file", "changed files"),
                  short_hash(plan.from), short_hash(plan.to));
  if (report.dry_run) {
    fmt::print("{}; {} would be invalidated\n", what, counted(plan.urls.size(), "address", "addresses"));
    return;
  }
  fmt::print("{}; {} invalidated, {} forgotten\n", what, counted(report.urls_done, "address", "addresses"),
             counted(report.images_done, "picture", "pictures"));
  if (!report.warms) return;
  fmt::print("{} asked for again, {} failed\n", counted(report.warmed.asked, "picture", "pictures"),
             report.warmed.failed);
  if (report.warmed.failed > 0) complain("not warmed: " + report.warmed.first_failure);
}

void print_for_machines(const InvalidateReport& report, const Failure* failure) {
  const Plan& plan = report.plan;
  ordered_json files = ordered_json::array();
  for (const PlannedFile& file : plan.files)
    files.push_back({{"path", file.path}, {"change", gitdiff::to_text(file.change)}, {"urls", file.urls}});
  ordered_json out{{"project", report.project},
                   {"server", report.server},
                   {"dryRun", report.dry_run},
                   {"from", plan.from},
                   {"to", plan.to},
                   {"files", files},
                   {"urls", plan.urls},
                   {"unmapped", plan.unmapped},
                   {"submodules", plan.submodules},
                   {"invalidatedUrls", report.urls_done},
                   {"invalidatedImages", report.images_done},
                   {"cdnPurged", report.cdn_purged},
                   {"recorded", report.recorded},
                   {"warmed", nullptr},
                   {"error", nullptr},
                   {"exit", failure ? failure->exit : done}};
  if (report.warms) out["warmed"] = {{"asked", report.warmed.asked}, {"failed", report.warmed.failed}};
  if (failure) out["error"] = failure->message;
  fmt::print("{}\n", out.dump(-1, ' ', false, ordered_json::error_handler_t::replace));
}

}  // namespace imcaxy::command
