#include "atproto/blob_fetcher.hpp"

#include "stage.hpp"

namespace imcaxy::atproto {
namespace {

class BlobPlay : public Stage {
 protected:
  void SetUp() override { lives_at(server.url("")); }

  void lives_at(const std::string& pds) { directory.answer("/" + alice, {.body = document(alice, pds)}); }
  static std::string path(const std::string& blob) {
    return "/xrpc/com.atproto.sync.getBlob?did=did%3Aplc%3Aewvi7nxzyoun6zhxrhs64oiz&cid=" + blob;
  }
  Result<source::Original> fetch(const std::string& blob) { return run(fetcher.fetch({did(alice), *parse_cid(blob)})); }
  Error error(const std::string& blob) {
    const auto fetched = fetch(blob);
    return fetched ? Error{200, "", ""} : fetched.error();
  }

  static std::string xrpc_error(const std::string& name, const std::string& message) {
    return fmt::format(R"({{"error":"{}","message":"{}"}})", name, message);
  }

  const std::string picture = "the bytes of a picture", cid = cid_of(picture);
  Resolver resolver{{.plc_url = directory.url(""), .timeout = 2s, .least_between = 1ms}, client};
  WorkerPool pool{"disk", 1, 100};
  BlobFetcher fetcher{
      {.max_bytes = 1000, .timeout = 1500ms, .hosts = {.at_a_time = 3, .first_pause = 50ms}}, resolver, client, pool};
};

TEST_F(BlobPlay, GivesTheBytesOfTheCid) {
  server.answer(path(cid), {.headers = {"Content-Type: image/png"}, .body = picture});
  const auto original = fetch(cid);
  ASSERT_TRUE(original) << original.error().cause;
  EXPECT_EQ(original->body.view(), picture);
  EXPECT_EQ(original->content_type, "image/png");
}

TEST_F(BlobPlay, BelievesNoOtherBytes) {
  server.answer(path(cid), {.body = "some other bytes"});
  EXPECT_EQ(error(cid).status, 502);
  EXPECT_EQ(error(cid).message, "failed to fetch blob from PDS");
  EXPECT_EQ(fetcher.stats().wrong_bytes, 2u);
  server.answer(path(cid_of("")), {.body = "x"});
  EXPECT_EQ(error(cid_of("")).status, 502);
}

TEST_F(BlobPlay, FollowsRedirectsButNotForEver) {
  server.answer(path(cid), {.status = 302, .headers = {"Location: " + directory.url("/cdn/blob")}});
  directory.answer("/cdn/blob", {.body = picture});
  EXPECT_TRUE(fetch(cid));
  server.answer(path(cid), {.status = 302, .headers = {"Location: " + server.url(path(cid))}});
  EXPECT_EQ(error(cid).status, 502);
  EXPECT_LE(server.requests(path(cid)), 8u);
}

TEST_F(BlobPlay, StatusesAreThoseOfTheOriginalProxy) {
  const struct {
    test::Script script;
    int status;
    const char* message;
  } cases[] = {
      {{.status = 404}, 404, "blob not found"},
      {{.status = 400, .body = xrpc_error("InvalidRequest", "Blob not found")}, 404, "blob not found"},
      {{.status = 400, .body = xrpc_error("InvalidRequest", "BLOB NOT FOUND")}, 404, "blob not found"},
      {{.status = 400, .body = std::string(900, ' ') + "blob not found"}, 404, "blob not found"},
      {{.status = 400, .body = std::string(100, ' ')}, 502, "failed to fetch blob from PDS"},
      {{.status = 400, .body = xrpc_error("RepoTakendown", "gone")}, 404, "blob not found"},
      {{.status = 400, .body = xrpc_error("RepoSuspended", "gone")}, 404, "blob not found"},
      {{.status = 400, .body = xrpc_error("RepoNotFound", "none")}, 404, "blob not found"},
      {{.status = 400, .body = xrpc_error("InvalidRequest", "Invalid CID string")},
       502,
       "failed to fetch blob from PDS"},
      {{.status = 401}, 502, "failed to fetch blob from PDS"},
      {{.status = 500}, 502, "failed to fetch blob from PDS"},
      {{.status = 206, .body = picture}, 502, "failed to fetch blob from PDS"},
      {{.body = std::string(1001, 'x')}, 400, "image too large"},
      {{.body = std::string(1001, 'x'), .announce_length = false}, 400, "image too large"},
      {{.body = picture, .pause_ms_between_bytes = 200}, 504, "request timed out"},
      {{.drop = true}, 502, "failed to fetch blob from PDS"},
  };
  for (const auto& [script, status, message] : cases) {
    server.answer(path(cid), script);
    const Error got = error(cid);
    EXPECT_EQ(got.status, status) << script.status << " " << script.body.substr(0, 80);
    EXPECT_EQ(got.message, message);
  }
}

TEST_F(BlobPlay, FindsAnAccountThatMoved) {
  test::Origin old_server;
  directory.answer_in_turn("/" + alice,
                           {{.body = document(alice, old_server.url(""))}, {.body = document(alice, server.url(""))}});
  old_server.answer(path(cid), {.status = 400, .body = xrpc_error("RepoDeactivated", "Repo has been deactivated")});
  server.answer(path(cid), {.body = picture});
  ASSERT_TRUE(run(resolver.find(did(alice))));
  std::this_thread::sleep_for(5ms);
  EXPECT_TRUE(fetch(cid));
  EXPECT_EQ(fetcher.stats().moved, 1u);
  EXPECT_EQ(directory.requests("/" + alice), 2u);
}

TEST_F(BlobPlay, AServerThatIsBusyIsWaitedForAndNotStormed) {
  server.answer_in_turn(path(cid), {{.status = 429}, {.status = 503}, {.body = picture}});
  EXPECT_TRUE(fetch(cid));
  EXPECT_EQ(server.requests(path(cid)), 3u);
  server.answer(path(cid), {.status = 429, .headers = {"Retry-After: 60"}});
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_EQ(error(cid).status, 504);
  EXPECT_EQ(error(cid).status, 504);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 1s) << "no use in waiting for it";
  EXPECT_EQ(server.requests(path(cid)), 4u) << "left alone";
}

TEST_F(BlobPlay, AsksAHostForSomeAtATime) {
  std::vector<std::string> cids;
  for (int i = 0; i < 8; ++i) {
    const std::string body = "picture " + std::to_string(i);
    cids.push_back(cid_of(body));
    server.answer(path(cids.back()), {.body = body});
    server.hold(path(cids.back()));
  }
  std::vector<std::future<Result<source::Original>>> running;
  for (const std::string& one : cids) running.push_back(start(fetcher.fetch({did(alice), *parse_cid(one)})));
  const auto asked = [&] {
    std::size_t sum = 0;
    for (const std::string& one : cids) sum += server.requests(path(one));
    return sum;
  };
  for (int i = 0; i < 1000 && asked() < 3; ++i) std::this_thread::sleep_for(1ms);
  std::this_thread::sleep_for(50ms);
  EXPECT_EQ(asked(), 3u);
  for (const std::string& one : cids) server.release(path(one));
  for (auto& one : running) EXPECT_TRUE(one.get());
}

}  // namespace
}  // namespace imcaxy::atproto
