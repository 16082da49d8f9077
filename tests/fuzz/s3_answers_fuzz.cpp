// What a store answers with.
#include "target.hpp"

#include <algorithm>

#include "s3/answers.hpp"
#include "s3/place.hpp"

using namespace imcaxy;
using fuzz::require;

FUZZ_TARGET(s3_answers) {
  const s3::Failure failure = s3::failure_of(500, input);
  require(failure.text.size() < 2000, "what a failure tells is short");
  require(std::ranges::none_of(failure.text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }),
          "and is one line");
  if (const auto page = s3::parse_list(input))
    for (const s3::Listed& object : page->objects) require(s3::is_key(object.key), "a listed name can be asked for");
  if (const auto undeleted = s3::parse_deleted(input))
    for (const s3::Undeleted& one : *undeleted)
      require(one.failure.kind != s3::Failure::Kind::not_found, "what is not there is removed");
}
