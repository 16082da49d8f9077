#include "s3/client.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/hash.hpp"
#include "http/query.hpp"
#include "s3/operation.hpp"

namespace imcaxy::s3 {
namespace {

using Kind = Failure::Kind;

constexpr std::size_t max_batch = 1000;         // of DeleteObjects, by its specification
constexpr std::size_t max_list_text = 8 << 20;  // a thousand of the longest names, escaped

bool is_printable(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f; });
}

/// libcurl 7.88 sorts header lines by the whole line, so of two names of which one begins the other the signature is
/// wrong.
bool begins_another(const Metadata& metadata, const std::string& name) {
  return std::ranges::any_of(metadata,
                             [&](const auto& other) { return other.first != name && other.first.starts_with(name); });
}

Outcome<void> check_put(const PutRequest& request) {
  if (!is_key(request.key)) return failed(Kind::invalid, "no object can have this name: '" + request.key + "'");
  if (!is_printable(request.content_type)) return failed(Kind::invalid, "the content type is not printable ASCII");
  for (const auto& [name, value] : request.metadata) {
    if (name.empty() || name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") != name.npos ||
        begins_another(request.metadata, name))
      return failed(Kind::invalid,
                    fmt::format("'{}' can't name metadata: lower-case letters, digits and hyphens, and not the "
                                "beginning of another name",
                                name));
    if (!is_printable(value))
      return failed(Kind::invalid, fmt::format("the metadata '{}' is not printable ASCII", name));
  }
  return {};
}

Result<std::string> read_certificates(const std::string& path) {
  if (path.empty()) return {};
  auto pem = read_file(path, 1 << 20);
  if (pem && pem->find("-----BEGIN CERTIFICATE-----") == pem->npos)
    return fail(400, fmt::format("the file '{}' holds no certificate in PEM form", path));
  return pem;
}

/// Passes a failure on; `then` makes of a reply what is asked for.
template <class T, class Then>
Callback<Outcome<Reply>> with_reply(Client::Done<T> done, Then then) {
  return [done = std::move(done), then = std::move(then)](Outcome<Reply> reply) mutable {
    if (!reply) return done(std::unexpected(std::move(reply.error())));
    done(then(std::move(*reply)));
  };
}

}  // namespace

class Client::Worker {
 public:
  Worker(const ClientOptions& options, Place place, std::string certificates)
      : desk(options, std::move(place), std::move(certificates)),
        loop_(
            {.thread_name = "s3-client", .max_connections = options.max_running, .max_running = options.max_running}) {}

  void start(Order order, Callback<Outcome<Reply>> done, std::unique_ptr<Download> download = nullptr) {
    if (const char* why = why_not()) {
      ++desk.stats.left_alone;
      return done(failed(Kind::left_alone, desk.place.endpoint() + why));
    }
    ++desk.stats.requests;
    ++desk.stats.under_way;
    loop_.add(std::make_unique<Operation>(desk, std::move(order), std::move(download), std::move(done)));
  }

  void stop() { loop_.stop(); }

  void make_bucket(Done<void> done);
  void look_at_bucket(Callback<Outcome<Reply>> done);
  struct Removal;
  void remove_next(std::shared_ptr<Removal> removal);

  Desk desk;

 private:
  /// Null when it may be asked.
  const char* why_not() {
    const auto under_way = static_cast<std::size_t>(std::max<std::int64_t>(0, desk.stats.under_way));
    if (under_way >= desk.options.max_running + desk.options.max_waiting)
      return " is not asked: too many requests wait for it";
    if (!desk.breaker.admit(std::chrono::steady_clock::now())) return " is not asked: it failed time after time";
    return nullptr;
  }

  http::CurlLoop loop_;  // last: its transfers use the desk
};

Client::Client(std::unique_ptr<Worker> worker) : worker_(std::move(worker)) {}
Client::~Client() = default;

Result<std::unique_ptr<Client>> Client::open(const ClientOptions& options) {
  auto place = Place::of(options.place);
  if (!place) return std::unexpected(std::move(place.error()));
  if (!is_printable(options.access_key) || !is_printable(options.secret_key))
    return fail(400, "the access key and the secret key are both needed, of printable ASCII");
  auto certificates = read_certificates(options.ca_file);
  if (!certificates) return std::unexpected(std::move(certificates.error()));
  return std::unique_ptr<Client>(
      new Client(std::make_unique<Worker>(options, std::move(*place), std::move(*certificates))));
}

void Client::stop() {
  worker_->stop();
}

/// Not by asking for its location, which stores answer whatever location the question was signed for.
void Client::Worker::look_at_bucket(Callback<Outcome<Reply>> done) {
  start({.method = "GET", .query = "list-type=2&max-keys=1"}, std::move(done));
}

void Client::ensure_bucket(Done<void> done) {
  worker_->look_at_bucket([worker = worker_.get(), done = std::move(done)](Outcome<Reply> reply) mutable {
    if (reply) return done({});
    if (reply.error().kind == Kind::no_bucket) return worker->make_bucket(std::move(done));
    done(std::unexpected(std::move(reply.error())));
  });
}

void Client::Worker::make_bucket(Done<void> done) {
  start({.method = "PUT",
         .headers = {"content-type: application/xml"},
         .body = UploadBody::of(Bytes::adopt(bucket_configuration(desk.place.location())))},
        [this, done = std::move(done)](Outcome<Reply> reply) mutable {
          // Another node may have been first.
          if (!reply && reply.error().text.find("BucketAlreadyOwnedByYou") == std::string::npos)
            return done(std::unexpected(std::move(reply.error())));
          look_at_bucket(with_reply<void>(std::move(done), [](Reply) -> Outcome<void> { return {}; }));
        });
}

void Client::put(PutRequest request, Done<void> done) {
  if (auto ok = check_put(request); !ok) return done(std::unexpected(std::move(ok.error())));
  std::vector<std::string> headers{"content-type: " + request.content_type,
                                   "x-amz-checksum-sha256: " + base64(request.body.sha256())};
  for (const auto& [name, value] : request.metadata) headers.push_back(fmt::format("x-amz-meta-{}: {}", name, value));
  worker_->start(
      {.method = "PUT", .key = std::move(request.key), .headers = std::move(headers), .body = std::move(request.body)},
      with_reply<void>(std::move(done), [](Reply) -> Outcome<void> { return {}; }));
}

void Client::get(GetRequest request, Done<ObjectHead> done) {
  if (!is_key(request.key)) return done(failed(Kind::invalid, "no object can have this name: '" + request.key + "'"));
  Order order{.method = "GET", .key = request.key, .first_byte_within = request.first_byte_within};
  worker_->start(
      std::move(order),
      with_reply<ObjectHead>(std::move(done), [](Reply reply) -> Outcome<ObjectHead> { return std::move(reply.head); }),
      std::make_unique<Download>(std::move(request)));
}

void Client::head(std::string key, Done<ObjectHead> done) {
  if (!is_key(key)) return done(failed(Kind::invalid, "no object can have this name: '" + key + "'"));
  worker_->start({.method = "HEAD", .key = std::move(key), .headers = {"x-amz-checksum-mode: ENABLED"}},
                 with_reply<ObjectHead>(std::move(done),
                                        [](Reply reply) -> Outcome<ObjectHead> { return std::move(reply.head); }));
}

struct Client::Worker::Removal {
  std::vector<std::string> keys;
  Done<std::vector<Undeleted>> done;
  std::size_t position = 0;
  std::vector<Undeleted> undeleted;
};

void Client::remove(std::vector<std::string> keys, Done<std::vector<Undeleted>> done) {
  for (const std::string& key : keys)
    if (!is_key(key)) return done(failed(Kind::invalid, "no object can have this name: '" + key + "'"));
  worker_->remove_next(std::make_shared<Worker::Removal>(Worker::Removal{std::move(keys), std::move(done)}));
}

void Client::Worker::remove_next(std::shared_ptr<Removal> removal) {
  const auto begin = removal->keys.begin() + static_cast<std::ptrdiff_t>(removal->position);
  const auto left = static_cast<std::size_t>(removal->keys.end() - begin);
  if (left == 0) return removal->done(std::move(removal->undeleted));
  const std::size_t count = std::min(left, max_batch);
  removal->position += count;
  std::string xml = deletion({begin, begin + static_cast<std::ptrdiff_t>(count)});
  std::vector<std::string> headers{"content-type: application/xml", "content-md5: " + base64(md5(xml))};
  start({.method = "POST",
         .query = "delete=",
         .headers = std::move(headers),
         .body = UploadBody::of(Bytes::adopt(std::move(xml))),
         .max_text = max_list_text},
        [this, removal](Outcome<Reply> reply) {
          if (!reply) return removal->done(std::unexpected(std::move(reply.error())));
          auto undeleted = parse_deleted(reply->text);
          if (!undeleted)
            return removal->done(failed(Kind::invalid, "its answer to a deletion is not what S3 answers"));
          std::ranges::move(*undeleted, std::back_inserter(removal->undeleted));
          remove_next(removal);
        });
}

void Client::list(const ListRequest& request, Done<ListPage> done) {
  std::string query;
  if (!request.page.empty()) query = "continuation-token=" + http::percent_encode(request.page) + "&";
  query += fmt::format("encoding-type=url&list-type=2&max-keys={}", std::clamp(request.max_keys, 1u, 1000u));
  if (!request.prefix.empty()) query += "&prefix=" + http::percent_encode(request.prefix);
  worker_->start({.method = "GET", .query = std::move(query), .max_text = max_list_text},
                 with_reply<ListPage>(std::move(done), [](Reply reply) -> Outcome<ListPage> {
                   auto page = parse_list(reply.text);
                   if (!page) return failed(Kind::invalid, "its list is not what S3 answers");
                   return std::move(*page);
                 }));
}

const ClientStats& Client::stats() const {
  return worker_->desk.stats;
}
bool Client::left_alone() const {
  return worker_->desk.breaker.open();
}

}  // namespace imcaxy::s3
