#include "cluster/records.hpp"

#include <algorithm>

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

std::optional<cache::InvalidationModel> model_of(Document document) {
  const WallTime date = mongo::date_in(document, "invalidationDate").value_or(WallTime{});
  document["invalidationDate"] = to_rfc3339(date);
  document.erase("_id");
  return cache::InvalidationModel::from_json(document.dump(-1, ' ', false, Document::error_handler_t::replace));
}

constexpr std::int64_t told_records = 20, looked_through = 1000;

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
  return model_of(std::move(found->front()));
}

Result<std::vector<cache::InvalidationModel>> Records::history(const std::string& project_name) {
  auto found =
      mongo_.find(invalidations_collection, {{"projectName", project_name}}, told_records, {{"invalidationDate", -1}});
  if (!found) return unreachable(found.error());
  std::vector<cache::InvalidationModel> models;
  for (Document& document : *found)
    if (auto model = model_of(std::move(document))) models.push_back(std::move(*model));
  return models;
}

Result<std::vector<Records::Project>> Records::projects(std::int64_t most) {
  const auto found = mongo_.find(invalidations_collection, Document::object(), looked_through,
                                 {{"invalidationDate", -1}}, {{"projectName", 1}, {"invalidationDate", 1}});
  if (!found) return unreachable(found.error());
  std::vector<Project> projects;
  for (const Document& document : *found) {
    const std::string name = document.value("projectName", "");
    const auto known = std::ranges::find(projects, name, &Project::name);
    if (known != projects.end()) {
      ++known->kept;
    } else if (projects.size() < static_cast<std::size_t>(most)) {
      projects.push_back({name, 1, mongo::date_in(document, "invalidationDate").value_or(WallTime{})});
    }
  }
  return projects;
}

}  // namespace imcaxy::cluster
