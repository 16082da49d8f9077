// The XML that a store answers with. Hostile like everything from outside: what makes no sense is nothing, never a
// guess.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "s3/failure.hpp"

namespace imcaxy::s3 {

struct Listed {
  std::string key;
  std::uint64_t bytes = 0;
};

struct ListPage {
  std::vector<Listed> objects;
  std::string next;  ///< what asks for the page behind it; empty: it was the last
};

struct Undeleted {
  std::string key;
  Failure failure;
};

/// Of an answer without success: by the code in its XML, by `code` where it has no XML (as for HEAD), else by its
/// status.
Failure failure_of(unsigned status, std::string_view xml, std::string_view code = {});

/// Of ListObjectsV2 with `encoding-type=url`. Keys that no store of ours can have are left out.
std::optional<ListPage> parse_list(std::string_view xml);

/// Of DeleteObjects in its quiet form.
std::optional<std::vector<Undeleted>> parse_deleted(std::string_view xml);

/// The body of DeleteObjects.
std::string deletion(const std::vector<std::string>& keys);

/// The body of CreateBucket; empty where the location needs no telling.
std::string bucket_configuration(const std::string& location);

}  // namespace imcaxy::s3
