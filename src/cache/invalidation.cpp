#include "cache/invalidation.hpp"

#include <algorithm>
#include <filesystem>
#include <unordered_set>

#include <spdlog/spdlog.h>
#include <nlohmann/json.hpp>

#include "cache/entry_json.hpp"
#include "cache/sqlite.hpp"
#include "http/url.hpp"

namespace imcaxy::cache {
namespace {

using nlohmann::ordered_json;

constexpr const char* schema = R"(
  CREATE TABLE IF NOT EXISTS invalidations (
    id INTEGER PRIMARY KEY, project TEXT NOT NULL, date INTEGER NOT NULL, model TEXT NOT NULL);
  CREATE INDEX IF NOT EXISTS invalidations_by_project ON invalidations (project, id);
  PRAGMA synchronous=FULL;)";

/// How many records of a project are kept; only the last is asked for.
constexpr std::int64_t kept_records = 20;

ordered_json base_json(const std::string& project) {
  return {{"projectName", project},
          {"commitHash", ""},
          {"invalidationDate", to_rfc3339(WallTime{})},
          {"requestedInvalidations", ordered_json::array()},
          {"doneInvalidations", ordered_json::array()},
          {"invalidatedImages", ordered_json::array()},
          {"invalidationError", nullptr}};
}

std::string dump(const ordered_json& json) {
  return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

Purged image_from_json(const ordered_json& json) {
  Purged image;
  json.at("rawRequest").get_to(image.meta.raw_request);
  json.at("requestSignature").get_to(image.meta.request_signature);
  json.at("processorType").get_to(image.meta.processor_type);
  json.at("processorEndpoint").get_to(image.meta.processor_endpoint);
  json.at("mimeType").get_to(image.meta.mime_type);
  json.at("imageSize").get_to(image.body_bytes);
  json.at("sourceImageURL").get_to(image.meta.source_url);
  json.at("processingParams").get_to(image.meta.processing_params);
  return image;
}

}  // namespace

std::string InvalidationModel::to_json() const {
  ordered_json out = base_json(project_name);
  out["commitHash"] = commit_hash;
  out["invalidationDate"] = to_rfc3339(date);
  out["requestedInvalidations"] = requested;
  out["doneInvalidations"] = done;
  for (const Purged& image : images) out["invalidatedImages"].push_back(to_public_json(image.meta, image.body_bytes));
  if (error) out["invalidationError"] = *error;
  return dump(out);
}

std::optional<InvalidationModel> InvalidationModel::from_json(std::string_view text) {
  try {
    const ordered_json in = ordered_json::parse(text);
    InvalidationModel model;
    in.at("projectName").get_to(model.project_name);
    in.at("commitHash").get_to(model.commit_hash);
    model.date = from_rfc3339(in.at("invalidationDate").get<std::string>()).value_or(WallTime{});
    in.at("requestedInvalidations").get_to(model.requested);
    in.at("doneInvalidations").get_to(model.done);
    for (const ordered_json& image : in.at("invalidatedImages")) model.images.push_back(image_from_json(image));
    if (!in.at("invalidationError").is_null()) model.error = in.at("invalidationError").get<std::string>();
    return model;
  } catch (const ordered_json::exception&) {
    return std::nullopt;
  }
}

std::string InvalidationModel::empty_json(const std::string& project_name) {
  return dump(base_json(project_name));
}

struct InvalidationStore::Database {
  cache::Database connection;
  Statement insert = connection.prepare("INSERT INTO invalidations (project, date, model) VALUES (?1, ?2, ?3)");
  Statement thin = connection.prepare(
      "DELETE FROM invalidations WHERE project = ?1 AND id NOT IN "
      "(SELECT id FROM invalidations WHERE project = ?1 ORDER BY id DESC LIMIT ?2)");
  Statement latest = connection.prepare("SELECT model FROM invalidations WHERE project = ?1 ORDER BY id DESC LIMIT 1");
  Statement history = connection.prepare("SELECT model FROM invalidations WHERE project = ?1 ORDER BY id DESC");
  Statement projects = connection.prepare(
      "SELECT project, count(*), max(date) FROM invalidations GROUP BY project ORDER BY max(id) DESC LIMIT ?1");
};

Result<std::unique_ptr<InvalidationStore>> InvalidationStore::open(const std::string& path) {
  auto connection = cache::Database::open(path, schema);
  if (!connection && connection.error().status == cache::Database::damaged_status) {
    // Without it every project counts as new, and invalidates all it has: safe, and better than no server.
    const std::string aside = path + ".damaged";
    spdlog::error("{} ({}); it is moved to {} and begun anew", connection.error().message, connection.error().cause,
                  aside);
    std::error_code ignored;
    std::filesystem::rename(path, aside, ignored);
    for (const char* suffix : {"-wal", "-shm"}) std::filesystem::remove(path + suffix, ignored);
    connection = cache::Database::open(path, schema);
  }
  if (!connection) return std::unexpected(std::move(connection.error()));
  return std::unique_ptr<InvalidationStore>(
      new InvalidationStore(std::make_unique<Database>(Database{std::move(*connection)})));
}

InvalidationStore::InvalidationStore(std::unique_ptr<Database> database) : database_(std::move(database)) {}
InvalidationStore::~InvalidationStore() = default;

Result<void> InvalidationStore::save(const InvalidationModel& model) {
  const std::string text = model.to_json();
  std::lock_guard lock(mutex_);
  Database& db = *database_;
  const bool ok = db.insert.bind(1, model.project_name)
                      .bind(2, std::int64_t{model.date.time_since_epoch().count()})
                      .bind(3, text)
                      .run() &&
                  db.thin.bind(1, model.project_name).bind(2, kept_records).run();
  if (!ok) return fail(500, "the invalidation could not be recorded", db.connection.error());
  return {};
}

Result<std::optional<InvalidationModel>> InvalidationStore::latest(const std::string& project_name) {
  std::lock_guard lock(mutex_);
  Statement& latest = database_->latest.bind(1, project_name);
  std::optional<InvalidationModel> model;
  Statement::Step step;
  while ((step = latest.next()) == Statement::Step::row) model = InvalidationModel::from_json(latest.text(0));
  if (step == Statement::Step::error)
    return fail(500, "the invalidations can't be read", database_->connection.error());
  return model;
}

Result<std::vector<InvalidationModel>> InvalidationStore::history(const std::string& project_name) {
  std::lock_guard lock(mutex_);
  Statement& history = database_->history.bind(1, project_name);
  std::vector<InvalidationModel> models;
  Statement::Step step;
  while ((step = history.next()) == Statement::Step::row)
    if (auto model = InvalidationModel::from_json(history.text(0))) models.push_back(std::move(*model));
  if (step == Statement::Step::error)
    return fail(500, "the invalidations can't be read", database_->connection.error());
  return models;
}

Result<std::vector<InvalidationStore::Project>> InvalidationStore::projects(std::int64_t most) {
  std::lock_guard lock(mutex_);
  Statement& projects = database_->projects.bind(1, most);
  std::vector<Project> found;
  Statement::Step step;
  while ((step = projects.next()) == Statement::Step::row)
    found.push_back(
        {std::string(projects.text(0)), projects.number(1), WallTime(std::chrono::milliseconds(projects.number(2)))});
  if (step == Statement::Step::error)
    return fail(500, "the invalidations can't be read", database_->connection.error());
  return found;
}

InvalidationService::Removed InvalidationService::purge(const UrlSet& set) {
  Removed out;
  // A set that is empty changes nothing, and nobody has to know.
  const bool tell = others_ && (!set.urls.empty() || !set.prefixes.empty());
  const auto ticket = tell ? others_->announce(set) : Result<Others::Ticket>(0);
  out.entries = purger_.purge(set);
  const Result<void> confirmed = !ticket ? std::unexpected(ticket.error())
                                 : tell  ? others_->confirm(*ticket)
                                         : Result<void>();
  if (!ticket) out.announced = false;
  if (!confirmed) {
    spdlog::warn("an invalidation is not known to be everywhere: {} {}", confirmed.error().message,
                 confirmed.error().cause);
    out.error = confirmed.error().message;
  }
  return out;
}

Result<InvalidationModel> InvalidationService::invalidate(const InvalidationRequest& request) {
  InvalidationModel model{.project_name = request.project_name,
                          .commit_hash = request.commit_hash,
                          .date = clock_.now(),
                          .requested = {},
                          .done = {},
                          .images = {},
                          .error = {}};
  UrlSet set;
  for (const std::string& text : request.urls) {
    model.requested.push_back(text);
    const auto url = http::parse_url(text);
    if (!url) {
      model.error = "'" + text + "' is no http or https URL";
      continue;
    }
    set.urls.insert(url->text);
    model.done.push_back(text);
  }
  for (const std::string& prefix : request.prefixes) {
    model.requested.push_back(prefix);
    if (prefix.empty()) {
      model.error = "a prefix must not be empty";
      continue;
    }
    set.prefixes.push_back(prefix);
    model.done.push_back(prefix);
  }

  Removed removed = purge(set);
  for (Purged& purged : removed.entries)
    if (is_answer(purged.meta)) model.images.push_back(std::move(purged));
  if (removed.error) model.error = std::move(removed.error);
  if (!removed.announced) model.done.clear();
  if (auto saved = records_.save(model); !saved) {
    model.error = saved.error().message;
    model.done.clear();
  }
  return model;
}

}  // namespace imcaxy::cache
