#include "atproto/resolver.hpp"

#include "atproto/document.hpp"
#include "stage.hpp"

namespace imcaxy::atproto {
namespace {

TEST(Document, NamesThePds) {
  const Did owner = did(alice);
  EXPECT_EQ(pds_of_document(document(alice, "https://pds.example.com"), owner).value_or(""), "https://pds.example.com");
  EXPECT_EQ(pds_of_document(document(alice, "https://PDS.example.com:443/some/path?x"), owner).value_or(""),
            "https://pds.example.com");
  EXPECT_EQ(pds_of_document(document(alice, "http://localhost:2583"), owner).value_or(""), "http://localhost:2583");
  const std::string by_did = R"({"id":")" + alice + R"(","service":[{"id":")" + alice +
                             R"(#atproto_pds","type":"AtprotoPersonalDataServer","serviceEndpoint":"https://a.b"}]})";
  EXPECT_EQ(pds_of_document(by_did, owner).value_or(""), "https://a.b");
}

TEST(Document, IsNotBelievedWhenItIsAnothersOrNone) {
  const Did owner = did(alice);
  const auto message = [&](const std::string& text) {
    const auto pds = pds_of_document(text, owner);
    return pds ? "found " + *pds : std::to_string(pds.error().status) + " " + pds.error().message;
  };
  for (const std::string& text : {std::string(), std::string("[]"), std::string("{"), std::string(R"({"id":7})"),
                                  document(bob, "https://pds.example.com"), std::string(100000, '[')})
    EXPECT_EQ(message(text), "502 failed to resolve DID") << text.substr(0, 100);
  const std::string head = R"({"id":")" + alice + R"(","service":)";
  for (const std::string& text :
       {R"({"id":")" + alice + "\"}", head + "{}}", head + "[]}", head + "[7,null,{}]}",
        head + R"([{"id":"#atproto_pds","type":"Other","serviceEndpoint":"https://a.b"}]})",
        head + R"([{"id":"#atproto_pds","type":"AtprotoPersonalDataServer","serviceEndpoint":"ftp://a.b"}]})",
        head + R"([{"id":"#atproto_pds","type":"AtprotoPersonalDataServer","serviceEndpoint":"https://u:p@a.b"}]})",
        head + R"([{"id":"#atproto_pds","type":"AtprotoPersonalDataServer"}]})"})
    EXPECT_EQ(message(text), "502 no PDS endpoint found") << text;
}

/// Ends when what it started has ended, as its contract says.
struct SettledResolver : Resolver {
  using Resolver::Resolver;
  ~SettledResolver() {
    while (!idle()) std::this_thread::sleep_for(1ms);
  }
};

class ResolverPlay : public Stage {
 protected:
  SettledResolver make(std::chrono::milliseconds fresh = 1h) {
    return SettledResolver(
        {.plc_url = directory.url(""), .timeout = 500ms, .fresh = fresh, .refused = 300ms, .failed = 50ms}, client);
  }
  void knows(const std::string& pds) { directory.answer("/" + alice, {.body = document(alice, pds)}); }
};

TEST_F(ResolverPlay, AsksOnceForMany) {
  knows("https://a.example");
  directory.hold("/" + alice);
  SettledResolver resolver = make();
  std::vector<std::future<Result<Identity>>> asking;
  for (int i = 0; i < 50; ++i) asking.push_back(start(resolver.find(did(alice))));
  ASSERT_TRUE(directory.wait_for_requests("/" + alice, 1));
  directory.release("/" + alice);
  for (auto& one : asking) EXPECT_EQ(one.get()->pds, "https://a.example");
  EXPECT_EQ(run(resolver.find(did(alice)))->pds, "https://a.example");
  EXPECT_EQ(directory.requests("/" + alice), 1u);
}

TEST_F(ResolverPlay, ServesWhatIsOldWhileItLooksAgain) {
  knows("https://a.example");
  SettledResolver resolver = make(1ms);
  run(resolver.find(did(alice)));
  std::this_thread::sleep_for(5ms);
  knows("https://b.example");
  directory.hold("/" + alice);
  EXPECT_EQ(run(resolver.find(did(alice)))->pds, "https://a.example") << "at once";
  ASSERT_TRUE(directory.wait_for_requests("/" + alice, 2));
  directory.release("/" + alice);
  for (int i = 0; i < 2000 && !resolver.idle(); ++i) std::this_thread::sleep_for(1ms);
  EXPECT_EQ(run(resolver.find(did(alice)))->pds, "https://b.example");
}

TEST_F(ResolverPlay, ADirectoryThatIsDownTakesNobodyAway) {
  knows("https://a.example");
  SettledResolver resolver = make(1ms);
  run(resolver.find(did(alice)));
  for (const int status : {500, 503, 200}) {
    directory.answer("/" + alice, {.status = status, .drop = status == 200});
    std::this_thread::sleep_for(60ms);
    EXPECT_EQ(run(resolver.find(did(alice)))->pds, "https://a.example");
    for (int i = 0; i < 2000 && !resolver.idle(); ++i) std::this_thread::sleep_for(1ms);
    EXPECT_EQ(run(resolver.find(did(alice)))->pds, "https://a.example") << status;
  }
}

TEST_F(ResolverPlay, ARefusalIsBelievedAndRememberedForAWhile) {
  knows("https://a.example");
  SettledResolver resolver = make(1ms);
  run(resolver.find(did(alice)));
  directory.answer("/" + alice, {.status = 404});
  std::this_thread::sleep_for(5ms);
  run(resolver.find(did(alice)));
  for (int i = 0; i < 2000 && !resolver.idle(); ++i) std::this_thread::sleep_for(1ms);
  const auto gone = run(resolver.find(did(alice)));
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().status, 502);
  EXPECT_EQ(gone.error().message, "failed to resolve DID");
  EXPECT_EQ(directory.requests("/" + alice), 2u) << "not asked again";
  knows("https://b.example");
  std::this_thread::sleep_for(320ms);
  EXPECT_EQ(run(resolver.find(did(alice)))->pds, "https://b.example") << "but after its time";
}

TEST_F(ResolverPlay, SaysWhatWentWrong) {
  SettledResolver resolver = make();
  directory.answer("/" + alice, {});
  directory.hold("/" + alice);
  EXPECT_EQ(run(resolver.find(did(alice))).error().status, 504);
  directory.answer("/" + bob, {.status = 302, .headers = {"Location: " + directory.url("/elsewhere")}});
  directory.answer("/elsewhere", {.body = document(bob, "https://a.example")});
  EXPECT_EQ(run(resolver.find(did(bob))).error().message, "failed to resolve DID") << "redirects are not followed";
  directory.release("/" + alice);
}

TEST_F(ResolverPlay, ADidOfTheWebIsAskedOfItsHost) {
  const std::string id = fmt::format("did:web:localhost%3A{}", server.port());
  server.answer("/.well-known/did.json", {.body = document(id, "http://localhost:1")});
  SettledResolver resolver = make();
  const auto found = run(resolver.find(did(id)));
  ASSERT_TRUE(found) << found.error().cause;
  EXPECT_EQ(found->pds, "http://localhost:1");
}

TEST_F(ResolverPlay, IsNotAskedAgainRightAfterItWasAsked) {
  knows("https://a.example");
  SettledResolver resolver = make();
  const auto found = run(resolver.find(did(alice)));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(run(resolver.find_newer(did(alice), *found))->pds, "https://a.example");
  EXPECT_EQ(directory.requests("/" + alice), 1u);
  knows("https://b.example");
  const Identity long_ago{"https://0.example", found->looked_up - 1h};
  EXPECT_EQ(run(resolver.find_newer(did(alice), long_ago))->pds, "https://a.example") << "newer, and known";
  EXPECT_EQ(directory.requests("/" + alice), 1u);
}

}  // namespace
}  // namespace imcaxy::atproto
