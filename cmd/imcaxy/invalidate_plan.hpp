// What an invalidation is going to do: from the history to addresses. Asks nobody but the repository.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gitdiff/repository.hpp"
#include "path_map.hpp"
#include "remote_server.hpp"

namespace imcaxy::command {

struct InvalidateRules {
  std::string project;
  gitdiff::Filter filter;
  std::vector<PathMap> maps;
};

/// Where the difference begins.
struct Beginning {
  std::string since;        ///< a revision; empty: what the server knows
  bool everything = false;  ///< every file that fits, and what is gone since the commit that the server knows
};

struct PlannedFile {
  std::string path;
  gitdiff::Change change;
  std::vector<std::string> urls;
};

struct Plan {
  std::string from;                     ///< full hash; empty: from nothing
  std::string to;                       ///< full hash: what is recorded once all is done
  std::string meanwhile;                ///< what is recorded until then, so that a run that fails is made again
  bool recorded = false;                ///< the server knows `to` as the latest already
  std::vector<PlannedFile> files;       ///< with an address
  std::vector<std::string> unmapped;    ///< paths that no rule fits
  std::vector<std::string> submodules;  ///< paths of changed ones, which were not looked into
  std::vector<std::string> urls;        ///< all of them, each once; first those that an earlier run left

  /// Whether the server knows it all already.
  bool nothing_to_do() const { return urls.empty() && recorded; }
};

/// Exit status 2 for a mistake of whoever asks, 3 where the history can't answer.
Outcome<Plan> make_plan(const gitdiff::Repository& repository, const InvalidateRules& rules, const Beginning& beginning,
                        const std::optional<LatestInvalidation>& latest);

}  // namespace imcaxy::command
