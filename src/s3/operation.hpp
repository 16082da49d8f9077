// One request to the store with all its tries. Internal to the client.
#pragma once

#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "base/await.hpp"
#include "http/curl_loop.hpp"
#include "s3/client.hpp"
#include "s3/download.hpp"

namespace imcaxy::s3 {

/// What all operations of a client share.
struct Desk {
  Desk(ClientOptions o, Place p, std::string ca)
      : options(std::move(o)), place(std::move(p)), certificates(std::move(ca)), breaker(options.breaker) {}

  const ClientOptions options;
  const Place place;
  const std::string certificates;  ///< PEM; empty: the system's
  CircuitBreaker breaker;
  ClientStats stats;
  std::minstd_rand random{std::random_device{}()};  ///< of the loop's thread
};

struct Order {
  std::string method;                ///< "GET"
  std::string key;                   ///< empty: the bucket
  std::string query;                 ///< as it is signed: sorted, escaped, each name with its `=`
  std::vector<std::string> headers;  ///< `name: value`, names in lower case
  std::optional<UploadBody> body;
  std::size_t max_text = 64 << 10;                             ///< of an answer that is not a download
  std::optional<std::chrono::milliseconds> first_byte_within;  ///< of a download
};

struct Reply {
  ObjectHead head;
  std::string text;  ///< the body, but for a download's
};

class Operation final : public http::CurlTransfer {
 public:
  /// `download` may be null.
  Operation(Desk& desk, Order order, std::unique_ptr<Download> download, Callback<Outcome<Reply>> done);

  void prepare(CURL* easy) override;
  std::optional<Time> finished(CURL* easy, CURLcode code) override;
  void stopped() override;
  Time gives_up_at() const override;

 private:
  static std::size_t on_answer(char* data, std::size_t, std::size_t size, void* self);
  static std::size_t on_upload(char* into, std::size_t, std::size_t size, void* self);
  static int on_rewind(void* self, curl_off_t offset, int origin);

  void say_what(CURL* easy);
  void say_how_long(CURL* easy);
  std::size_t take(std::string_view data);
  Outcome<void> begin_answer();
  Outcome<Reply> outcome_of(CURL* easy, CURLcode code);
  Failure failure_of_curl(CURL* easy, CURLcode code) const;
  void tell_breaker(const Outcome<Reply>& outcome, bool asked);
  std::optional<Time> time_of_next_try(const Failure& failure);
  void end(Outcome<Reply> outcome);

  struct SlistEnd {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };

  Desk& desk_;
  const Order order_;
  const std::unique_ptr<Download> download_;
  Callback<Outcome<Reply>> done_;
  const Time begun_;
  Time deadline_;  // an earlier one until the first byte has come
  unsigned tries_ = 0;
  std::optional<Failure> last_failure_;  // of the try before

  // Of the try that runs.
  CURL* easy_ = nullptr;
  std::unique_ptr<curl_slist, SlistEnd> headers_;
  Time last_progress_{};
  std::uint64_t upload_position_ = 0;
  bool answer_begun_ = false, text_cut_ = false;
  std::string text_;
  std::optional<Failure> own_failure_;  // found in what came, or in what was to be sent
  char error_[CURL_ERROR_SIZE] = {};
};

}  // namespace imcaxy::s3
