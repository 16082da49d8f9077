#include "mongo/client.hpp"

#include <mutex>

#include <fmt/format.h>
#include <mongoc/mongoc.h>
#include <spdlog/spdlog.h>

#include "mongo/bson.hpp"

namespace imcaxy::mongo {
namespace {

using Kind = Failure::Kind;

/// Codes of the server (its error_codes.yml).
constexpr std::uint32_t unauthorized = 13, authentication_failed = 18, duplicate_key = 11000;

constexpr auto at_once = std::chrono::milliseconds(500);

constexpr const char* how_to_write =
    "write it as mongodb://user:password@host:27017/imcaxy, with the name of the database behind the host";

struct UriEnd {
  void operator()(mongoc_uri_t* uri) const { mongoc_uri_destroy(uri); }
};
using Uri = std::unique_ptr<mongoc_uri_t, UriEnd>;

void log_of_library(mongoc_log_level_t level, const char* domain, const char* message, void*) {
  if (level <= MONGOC_LOG_LEVEL_WARNING) spdlog::debug("{}: {}", domain, message);
}

void start_library() {
  static std::once_flag once;
  std::call_once(once, [] {
    mongoc_init();
    mongoc_log_set_handler(log_of_library, nullptr);
  });
}

void set_unless_given(mongoc_uri_t* uri, const char* option, std::int32_t value) {
  if (!mongoc_uri_has_option(uri, option)) mongoc_uri_set_option_as_int32(uri, option, value);
}

std::string hosts_of(const mongoc_uri_t* uri) {
  if (const char* service = mongoc_uri_get_srv_hostname(uri)) return service;
  std::string out;
  for (const mongoc_host_list_t* host = mongoc_uri_get_hosts(uri); host; host = host->next)
    out += (out.empty() ? "" : ",") + std::string(host->host_and_port);
  return out;
}

bool is_refusal(const bson_error_t& error) {
  return error.code == unauthorized || error.code == authentication_failed ||
         error.code == MONGOC_ERROR_CLIENT_AUTHENTICATE || error.domain == MONGOC_ERROR_SASL ||
         error.domain == MONGOC_ERROR_SCRAM;
}

Kind kind_of(const bson_error_t& error) {
  if (error.code == duplicate_key) return Kind::duplicate;
  if (is_refusal(error)) return Kind::refused;
  switch (error.domain) {
    case MONGOC_ERROR_STREAM:
    case MONGOC_ERROR_SERVER_SELECTION:
    case MONGOC_ERROR_POOL:
    case MONGOC_ERROR_PROTOCOL:
      return Kind::unreachable;
    default:
      return Kind::invalid;
  }
}

/// What a server answers to writes that it has not done, or not all of them.
Outcome<void> check_writes(const Document& answer, const std::string& hosts) {
  const auto errors = answer.find("writeErrors");
  if (errors == answer.end() || !errors->is_array() || errors->empty()) return {};
  const Document& first = errors->front();
  const auto code = number_in(first, "code").value_or(0);
  return failed(code == duplicate_key ? Kind::duplicate : Kind::invalid,
                fmt::format("{}: {}", hosts, text_in(first, "errmsg").value_or("a write failed")));
}

}  // namespace

struct Client::Pool {
  explicit Pool(Uri given) : uri(std::move(given)), pool(mongoc_client_pool_new(uri.get())) {
    if (pool) mongoc_client_pool_set_error_api(pool, MONGOC_ERROR_API_VERSION_2);
  }
  ~Pool() {
    if (pool) mongoc_client_pool_destroy(pool);
  }

  Uri uri;
  mongoc_client_pool_t* pool;
};

namespace {

/// One of the pool's clients, for as long as this lives.
class Borrowed {
 public:
  explicit Borrowed(mongoc_client_pool_t* pool) : pool_(pool), client_(mongoc_client_pool_pop(pool)) {}
  ~Borrowed() { mongoc_client_pool_push(pool_, client_); }
  Borrowed(const Borrowed&) = delete;
  Borrowed& operator=(const Borrowed&) = delete;
  mongoc_client_t* get() const { return client_; }

 private:
  mongoc_client_pool_t* pool_;
  mongoc_client_t* client_;
};

}  // namespace

Result<std::unique_ptr<Client>> Client::open(ClientOptions options) {
  start_library();
  bson_error_t error{};
  Uri uri(mongoc_uri_new_with_error(options.connection_string.c_str(), &error));
  // The library's text may repeat the string, and with it the password.
  if (!uri) return fail(400, fmt::format("this is no connection string of MongoDB: {}", how_to_write));
  const char* database = mongoc_uri_get_database(uri.get());
  if (!database || !*database)
    return fail(400, fmt::format("the connection string names no database: {}", how_to_write));
  const auto milliseconds = [](std::chrono::milliseconds time) { return static_cast<std::int32_t>(time.count()); };
  set_unless_given(uri.get(), MONGOC_URI_SERVERSELECTIONTIMEOUTMS, milliseconds(options.selection_timeout));
  set_unless_given(uri.get(), MONGOC_URI_CONNECTTIMEOUTMS, milliseconds(options.selection_timeout));
  set_unless_given(uri.get(), MONGOC_URI_SOCKETTIMEOUTMS, milliseconds(options.socket_timeout));
  set_unless_given(uri.get(), MONGOC_URI_HEARTBEATFREQUENCYMS, 2000);
  set_unless_given(uri.get(), MONGOC_URI_MAXPOOLSIZE, static_cast<std::int32_t>(options.connections));
  // Commands are repeated here, also where the server has no replica set.
  if (!mongoc_uri_has_option(uri.get(), MONGOC_URI_RETRYWRITES))
    mongoc_uri_set_option_as_bool(uri.get(), MONGOC_URI_RETRYWRITES, false);
  if (!mongoc_uri_get_appname(uri.get())) mongoc_uri_set_appname(uri.get(), options.application.c_str());

  const std::string name = database, hosts = hosts_of(uri.get());
  auto pool = std::make_unique<Pool>(std::move(uri));
  if (!pool->pool)
    return fail(400, fmt::format("the options in the connection string can't be used: {}", how_to_write));
  std::unique_ptr<Client> client(new Client(std::move(options), std::move(pool)));
  client->database_ = name;
  client->hosts_ = hosts;
  return client;
}

Client::Client(ClientOptions options, std::unique_ptr<Pool> pool)
    : options_(std::move(options)), breaker_(options_.breaker), pool_(std::move(pool)) {}
Client::~Client() = default;

Outcome<Document> Client::run(const Document& command) {
  if (!breaker_.admit(std::chrono::steady_clock::now())) {
    ++stats_.left_alone;
    return failed(Kind::left_alone, hosts_ + " is not asked: it failed time after time");
  }
  ++stats_.commands;
  const std::optional<Bson> wanted = to_bson(command);
  if (!wanted) {
    breaker_.unknown();
    return failed(Kind::invalid, "a command that can't be written");
  }
  const Borrowed client(pool_->pool);
  const auto begun = std::chrono::steady_clock::now();
  bson_error_t error{};
  for (int attempt = 0;; ++attempt) {
    bson_t reply;
    const bool done = mongoc_client_read_write_command_with_opts(client.get(), database_.c_str(), wanted->get(),
                                                                 nullptr, nullptr, &reply, &error);
    Document answer = from_bson(reply);
    bson_destroy(&reply);
    if (done) {
      breaker_.worked();
      if (auto ok = check_writes(answer, hosts_); !ok) return std::unexpected(std::move(ok.error()));
      return answer;
    }
    // A connection that was idle while the server was started anew breaks at its next use, and at once.
    const bool broke = error.domain == MONGOC_ERROR_STREAM && std::chrono::steady_clock::now() - begun < at_once;
    if (!broke || attempt > 0) break;
  }
  const Kind kind = kind_of(error);
  if (kind == Kind::unreachable) {
    ++stats_.failures;
    breaker_.failed(std::chrono::steady_clock::now());
  } else {
    breaker_.worked();
  }
  return failed(kind, fmt::format("{}: {}", hosts_, error.message));
}

Outcome<std::vector<Document>> Client::find(const std::string& collection, Document filter, std::int64_t limit,
                                            Document sort, Document fields) {
  auto answer = run({{"find", collection},
                     {"filter", std::move(filter)},
                     {"sort", std::move(sort)},
                     {"projection", std::move(fields)},
                     {"limit", limit},
                     {"batchSize", limit},
                     {"singleBatch", true}});
  if (!answer) return std::unexpected(std::move(answer.error()));
  std::vector<Document> out;
  for (Document& document : (*answer)["cursor"]["firstBatch"]) out.push_back(std::move(document));
  return out;
}

Outcome<std::optional<Document>> Client::find_one(const std::string& collection, Document filter) {
  auto found = find(collection, std::move(filter), 1);
  if (!found) return std::unexpected(std::move(found.error()));
  if (found->empty()) return std::nullopt;
  return std::move(found->front());
}

Outcome<void> Client::insert(const std::string& collection, Document document) {
  auto answer = run({{"insert", collection}, {"documents", Document::array({std::move(document)})}});
  if (!answer) return std::unexpected(std::move(answer.error()));
  return {};
}

Outcome<bool> Client::update(const std::string& collection, Document filter, Document change, bool upsert) {
  Document one{{"q", std::move(filter)}, {"u", std::move(change)}, {"upsert", upsert}};
  auto answer = run({{"update", collection}, {"updates", Document::array({std::move(one)})}});
  if (!answer) return std::unexpected(std::move(answer.error()));
  return number_in(*answer, "n").value_or(0) > 0;
}

Outcome<void> Client::update_all(const std::string& collection, Document filter, Document change) {
  Document many{{"q", std::move(filter)}, {"u", std::move(change)}, {"multi", true}};
  auto answer = run({{"update", collection}, {"updates", Document::array({std::move(many)})}});
  if (!answer) return std::unexpected(std::move(answer.error()));
  return {};
}

Outcome<std::optional<Document>> Client::find_and_modify(const std::string& collection, Document filter,
                                                         Document change, bool upsert) {
  auto answer = run(
      {{"findAndModify", collection}, {"query", std::move(filter)}, {"update", std::move(change)}, {"upsert", upsert}});
  if (!answer) return std::unexpected(std::move(answer.error()));
  const auto value = answer->find("value");
  if (value == answer->end() || !value->is_object()) return std::nullopt;
  return std::move(*value);
}

Outcome<std::optional<Document>> Client::find_and_remove(const std::string& collection, Document filter) {
  auto answer = run({{"findAndModify", collection}, {"query", std::move(filter)}, {"remove", true}});
  if (!answer) return std::unexpected(std::move(answer.error()));
  const auto value = answer->find("value");
  if (value == answer->end() || !value->is_object()) return std::nullopt;
  return std::move(*value);
}

Outcome<std::int64_t> Client::remove(const std::string& collection, Document filter) {
  Document all{{"q", std::move(filter)}, {"limit", 0}};
  auto answer = run({{"delete", collection}, {"deletes", Document::array({std::move(all)})}});
  if (!answer) return std::unexpected(std::move(answer.error()));
  return number_in(*answer, "n").value_or(0);
}

Outcome<void> Client::ensure_indexes(const std::string& collection, Document indexes) {
  auto answer = run({{"createIndexes", collection}, {"indexes", std::move(indexes)}});
  if (!answer) return std::unexpected(std::move(answer.error()));
  return {};
}

Outcome<void> Client::check() {
  // Unlike a ping, it needs the credentials.
  auto found = find("cachedImages", Document::object(), 1, Document::object(), {{"_id", 1}});
  if (!found) return std::unexpected(std::move(found.error()));
  return {};
}

class Client::Stream final : public Client::Watch {
 public:
  Stream(Client& owner, const std::string& collection, std::chrono::milliseconds longest_wait)
      : owner_(owner),
        client_(owner.pool_->pool),
        collection_(mongoc_client_get_collection(client_.get(), owner.database_.c_str(), collection.c_str())) {
    const auto pipeline = to_bson({{"pipeline", Document::array()}});
    const auto options = to_bson({{"maxAwaitTimeMS", longest_wait.count()}});
    stream_ = mongoc_collection_watch(collection_, pipeline->get(), options->get());
  }
  ~Stream() override {
    mongoc_change_stream_destroy(stream_);
    mongoc_collection_destroy(collection_);
  }

  Outcome<void> opened() const { return look(); }

  Outcome<Change> next() override {
    const bson_t* change = nullptr;
    if (mongoc_change_stream_next(stream_, &change)) return Change::something;
    if (auto ok = look(); !ok) return std::unexpected(std::move(ok.error()));
    return Change::nothing;
  }

 private:
  Outcome<void> look() const {
    bson_error_t error{};
    const bson_t* document = nullptr;
    if (!mongoc_change_stream_error_document(stream_, &error, &document)) return {};
    return failed(kind_of(error), fmt::format("{}: {}", owner_.hosts_, error.message));
  }

  Client& owner_;
  const Borrowed client_;
  mongoc_collection_t* const collection_;
  mongoc_change_stream_t* stream_;
};

Outcome<std::unique_ptr<Client::Watch>> Client::watch(const std::string& collection,
                                                      std::chrono::milliseconds longest_wait) {
  auto stream = std::make_unique<Stream>(*this, collection, longest_wait);
  if (auto ok = stream->opened(); !ok) return std::unexpected(std::move(ok.error()));
  return stream;
}

}  // namespace imcaxy::mongo
