// Imaginary's parameters from a query, and the plans of all operations with them.
#include "plans.hpp"
#include "target.hpp"

#include <algorithm>
#include <string>
#include <unordered_set>

#include "http/query.hpp"

using namespace imcaxy;
using namespace imcaxy::processor::imaginary;
using fuzz::require;

FUZZ_TARGET(params) {
  const http::Query query = http::parse_query(input);
  const auto params = read_params(query);
  http::Query reordered = query;
  std::ranges::stable_sort(reordered, std::ranges::greater{}, &std::pair<std::string, std::string>::first);
  require(read_params(reordered).has_value() == params.has_value(), "the order of parameters does not count");
  if (!params) return fuzz::require_refusal(params.error());
  fuzz::require_sane(*params);

  http::Query firsts;
  std::unordered_set<std::string> seen;
  for (const auto& parameter : query)
    if (seen.insert(parameter.first).second) firsts.push_back(parameter);
  const auto same = read_params(firsts);
  require(same && same->width == params->width && same->type == params->type, "only first values count");
  fuzz::try_plans(*params);
}
