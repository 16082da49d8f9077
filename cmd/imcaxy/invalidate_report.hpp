// What an invalidation tells: people line by line, machines as one JSON object.
#pragma once

#include <cstddef>
#include <string>

#include "invalidate_plan.hpp"
#include "outcome.hpp"
#include "warmer.hpp"

namespace imcaxy::command {

struct InvalidateReport {
  std::string server, project;
  bool dry_run = false;
  Plan plan;
  std::size_t urls_done = 0;    ///< of the plan's
  std::size_t images_done = 0;  ///< answers that were forgotten
  std::size_t cdn_purged = 0;   ///< tags or addresses
  bool recorded = false;        ///< the server knows the plan's `to` as the latest
  bool warms = false;
  Warmed warmed;
};

/// To standard output: what was done, or would be.
void print_for_people(const InvalidateReport& report);

/// One line; `failure` is null when there was none.
void print_for_machines(const InvalidateReport& report, const Failure* failure);

/// To standard error: what was not looked into, and why that may matter.
void warn_of(const Plan& plan);

}  // namespace imcaxy::command
