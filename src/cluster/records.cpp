#include "cluster/records.hpp"

#include "cluster/collections.hpp"

namespace imcaxy::cluster {
namespace {

using mongo::Document;

/// Of the images in one document, which may have 16 MB.
constexpr std::size_t most_images = 10000;

std::unexpected<Error> unreachable(const mongo::Failure& failure) {
  return fail(503, "the invalidations can't be used, since MongoDB can't be", failure.text);
}

/// Dates are text in our JSON, and dates in the database.
Document with_date(std::string_view json, WallTime date) {
  Document out = Document::parse(json);
  out["invalidationDate"] = mongo::date(date);
  Document& images = out["invalidatedImages"];
  if (images.size() > most_images) images.erase(images.begin() + most_images, images.end());
  return out;
}

}  // namespace

mongo::Outcome<void> Records::prepare() {
  return mongo_.ensure_indexes(
      invalidations_collection,
      Document::array({{{"key", {{"projectName", 1}, {"invalidationDate", -1}}}, {"name", "latest"}}}));
}

Result<void> Records::save(const cache::InvalidationModel& model) {
  auto saved = mongo_.insert(invalidations_collection, with_date(model.to_json(), model.date));
  if (!saved) return unreachable(saved.error());
  return {};
}

Result<std::optional<cache::InvalidationModel>> Records::latest(const std::string& project_name) {
  auto found = mongo_.find(invalidations_collection, {{"projectName", project_name}}, 1, {{"invalidationDate", -1}});
  if (!found) return unreachable(found.error());
  if (found->empty()) return std::nullopt;
  Document& document = found->front();
  const WallTime date = mongo::date_in(document, "invalidationDate").value_or(WallTime{});
  document["invalidationDate"] = to_rfc3339(date);
  document.erase("_id");
  return cache::InvalidationModel::from_json(document.dump(-1, ' ', false, Document::error_handler_t::replace));
}

}  // namespace imcaxy::cluster
