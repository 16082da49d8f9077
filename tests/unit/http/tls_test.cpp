#include <filesystem>
#include <fstream>
#include <future>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "http/server.hpp"
#include "support/client.hpp"
#include "support/identity.hpp"

namespace imcaxy::http {
namespace {

using namespace std::chrono_literals;
using test::Client;
using test::Endpoint;
using test::Identity;
using test::make_identity;
using testing::AllOf;
using testing::HasSubstr;

/// Bytes that are not where they belong can be seen.
std::string pattern(std::size_t size) {
  std::string out(size, '\0');
  std::uint32_t state = 1;
  for (char& c : out) c = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
  return out;
}

/// Echoes bodies; `/big` is larger than what fits into a socket, `/breaks` ends too early.
class Echo final : public Handler {
 public:
  Reply handle(Request& request) override {
    Response response;
    if (request.path == "/breaks") {
      response.stream = std::make_unique<Broken>();
    } else {
      response.body = request.path == "/big" ? big_ : Bytes::copy(request.body.empty() ? "hello" : request.body);
    }
    return response;
  }
  std::uint64_t max_body_bytes(const Request&) const override { return 16 << 20; }
  Response refuse(unsigned status, std::string_view reason) const override { return Response::text(status, reason); }
  void answered(const Request&, unsigned, std::uint64_t, std::chrono::steady_clock::duration) override {}

 private:
  struct Broken final : BodySource {
    std::optional<std::uint64_t> length() const override { return std::nullopt; }
    Task<Result<Bytes>> next() override {
      if (std::exchange(began, true)) co_return fail(500, "broken");
      co_return Bytes::copy("some");
    }
    bool began = false;
  };

  const Bytes big_ = Bytes::adopt(pattern(8 << 20));
};

class TlsTest : public testing::Test {
 protected:
  TlsTest() {
    std::string name = testing::TempDir() + "imcaxy_tls_XXXXXX";
    folder_ = mkdtemp(name.data());
  }
  ~TlsTest() override {
    server_.reset();
    std::filesystem::remove_all(folder_);
  }

  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name, std::ios::binary) << text;
    return (folder_ / name).string();
  }
  TlsFiles write(const Identity& identity) const {
    return {write("certificate.pem", identity.certificate), write("key.pem", identity.key)};
  }

  Endpoint start(const Identity& identity = make_identity(), ServerOptions options = {}) {
    options.bind = "127.0.0.1";
    options.port = 0;
    options.tls = write(identity);
    server_ = std::make_unique<Server>(options, echo_);
    const auto started = server_->start();
    EXPECT_TRUE(started) << started.error().message;
    return {server_->port(), true};
  }
  /// Connects with this done to the client's side first.
  Endpoint with(Endpoint server, std::function<void(SSL*)> prepare) const {
    server.prepare = std::move(prepare);
    return server;
  }

  Echo echo_;
  std::filesystem::path folder_;
  std::unique_ptr<Server> server_;
};

std::string name_of(X509* certificate) {
  char name[100] = "";
  X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name, sizeof name);
  return name;
}

/// The common names of what the server shows, its own first.
std::vector<std::string> names_shown(Client& client) {
  std::vector<std::string> names;
  STACK_OF(X509)* chain = SSL_get_peer_cert_chain(client.ssl());
  for (int i = 0; i < sk_X509_num(chain); ++i) names.push_back(name_of(sk_X509_value(chain, i)));
  return names;
}

bool said_goodbye(Client& client) {
  return (SSL_get_shutdown(client.ssl()) & SSL_RECEIVED_SHUTDOWN) != 0;
}

// --- Files ---

std::string refusal(const TlsFiles& files) {
  const auto loaded = TlsContext::load(files);
  return loaded ? "(no error)" : loaded.error().message;
}

TEST_F(TlsTest, SaysWhichFileIsWrongAndHow) {
  const Identity good = make_identity(), other = make_identity();
  const TlsFiles files = write(good);
  const std::string missing = folder_ / "missing.pem", folder = folder_;
  const std::string words = write("words.pem", "not a certificate\n"), empty = write("empty.pem", "");
  const std::string cut = write("cut.pem", good.certificate.substr(0, good.certificate.size() / 2));
  std::string scratched_text = good.certificate;
  scratched_text.replace(100, 8, "AAAAAAAA");
  const std::string scratched = write("scratched.pem", scratched_text);
  const std::string cut_key = write("cut_key.pem", good.key.substr(0, good.key.size() / 2));
  const std::string locked = write("locked.pem", test::locked_key(good));
  const std::string of_other = write("other.pem", other.key);
  const std::string large = write("large.pem", std::string(2 << 20, 'x'));

  EXPECT_THAT(refusal({missing, files.key}),
              AllOf(HasSubstr("IMCAXY_TLS_CERT: the file '" + missing), HasSubstr("can't be read: No such")));
  EXPECT_THAT(refusal({folder, files.key}),
              AllOf(HasSubstr("IMCAXY_TLS_CERT"), HasSubstr("can't be read: Is a directory")));
  EXPECT_THAT(refusal({"/dev/zero", files.key}),
              HasSubstr("IMCAXY_TLS_CERT: the file '/dev/zero' has more than 1048576 bytes"));
  EXPECT_THAT(refusal({large, files.key}), HasSubstr("has more than 1048576 bytes"));
  EXPECT_THAT(refusal({words, files.key}),
              HasSubstr("IMCAXY_TLS_CERT: '" + words + "' holds no certificate in PEM form"));
  EXPECT_THAT(refusal({empty, files.key}), HasSubstr("holds no certificate in PEM form"));
  EXPECT_THAT(refusal({files.key, files.key}), HasSubstr("holds no certificate in PEM form"));
  EXPECT_THAT(refusal({cut, files.key}),
              HasSubstr("IMCAXY_TLS_CERT: certificate number 1 in '" + cut + "' is damaged"));
  EXPECT_THAT(refusal({scratched, files.key}), HasSubstr("number 1 in '" + scratched + "' is damaged"));
  EXPECT_THAT(refusal({write("second.pem", good.certificate + scratched_text), files.key}),
              HasSubstr("certificate number 2"));

  EXPECT_THAT(refusal({files.certificate, missing}),
              HasSubstr("IMCAXY_TLS_KEY: the file '" + missing + "' can't be read"));
  EXPECT_THAT(refusal({files.certificate, words}), HasSubstr("IMCAXY_TLS_KEY: '" + words + "' holds no private key"));
  EXPECT_THAT(refusal({files.certificate, empty}), HasSubstr("holds no private key"));
  EXPECT_THAT(refusal({files.certificate, files.certificate}), HasSubstr("holds no private key"));
  EXPECT_THAT(refusal({files.certificate, cut_key}),
              HasSubstr("IMCAXY_TLS_KEY: the key in '" + cut_key + "' is damaged"));
  EXPECT_THAT(refusal({files.certificate, locked}), HasSubstr("is locked by a passphrase"));
  EXPECT_THAT(refusal({files.certificate, of_other}),
              HasSubstr("IMCAXY_TLS_KEY: the key in '" + of_other + "' does not belong to the certificate in '" +
                        files.certificate));
}

TEST_F(TlsTest, TheServersOwnCertificateComesFirst) {
  const Identity authority = make_identity({.name = "authority"});
  const Identity own = make_identity({.name = "localhost", .issuer = &authority});
  EXPECT_THAT(refusal(write({authority.certificate + own.certificate, own.key})),
              HasSubstr("belongs to certificate number 2"));
  EXPECT_TRUE(TlsContext::load(write({own.certificate + authority.certificate, own.key})));
}

TEST_F(TlsTest, CertificateAndKeyMayShareAFile) {
  const Identity identity = make_identity();
  const std::string both = write("both.pem", identity.key + identity.certificate);
  EXPECT_TRUE(TlsContext::load({both, both}));
}

TEST_F(TlsTest, AServerWithBrokenFilesDoesNotStart) {
  ServerOptions options;
  options.port = 0;
  options.tls = write({make_identity().certificate, make_identity().key});
  Server server(options, echo_);
  const auto started = server.start();
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error().message, HasSubstr("does not belong to the certificate"));
}

TEST_F(TlsTest, AnExpiredCertificateServesAllTheSame) {
  const Endpoint server = start(make_identity({.valid_days = -3}));
  EXPECT_EQ(test::fetch(server, "GET", "/")->body, "hello");
}

// --- Handshakes ---

TEST_F(TlsTest, ShowsTheWholeChain) {
  const Identity root = make_identity({.name = "root"});
  const Identity middle = make_identity({.name = "middle", .issuer = &root});
  const Identity own = make_identity({.name = "localhost", .issuer = &middle});
  const Endpoint server = start({own.certificate + middle.certificate, own.key});
  Client client(with(server, [&](SSL* ssl) {
    BIO* text = BIO_new_mem_buf(root.certificate.data(), static_cast<int>(root.certificate.size()));
    X509* trusted = PEM_read_bio_X509(text, nullptr, nullptr, nullptr);
    X509_STORE* store = X509_STORE_new();
    X509_STORE_add_cert(store, trusted);
    SSL_set0_verify_cert_store(ssl, store);
    SSL_set1_host(ssl, "localhost");
    SSL_set_verify(ssl, SSL_VERIFY_PEER, nullptr);
    X509_free(trusted);
    BIO_free(text);
  }));
  EXPECT_EQ(SSL_get_verify_result(client.ssl()), X509_V_OK);
  EXPECT_EQ(names_shown(client), (std::vector<std::string>{"localhost", "middle"}));
}

TEST_F(TlsTest, SpeaksTls12And13AndNothingOlder) {
  const Endpoint server = start();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    Client client(with(server, [&](SSL* ssl) {
      SSL_set_min_proto_version(ssl, version);
      SSL_set_max_proto_version(ssl, version);
    }));
    EXPECT_EQ(SSL_version(client.ssl()), version);
    EXPECT_EQ(client.get("/")->body, "hello");
  }
  const Endpoint old = with(server, [](SSL* ssl) {
    SSL_set_cipher_list(ssl, "ALL:@SECLEVEL=0");
    SSL_set_min_proto_version(ssl, TLS1_VERSION);
    SSL_set_max_proto_version(ssl, TLS1_1_VERSION);
  });
  EXPECT_THROW(Client client(old), std::runtime_error);
}

Endpoint offering(Endpoint server, std::string protocols) {
  server.prepare = [protocols](SSL* ssl) {
    SSL_set_alpn_protos(ssl, reinterpret_cast<const unsigned char*>(protocols.data()),
                        static_cast<unsigned>(protocols.size()));
  };
  return server;
}

TEST_F(TlsTest, AgreesOnHttp11) {
  const Endpoint server = start();
  for (const char* offered : {"\x02h2\x08http/1.1", "\x08http/1.1", "\x08http/1.1\x02h2"}) {
    Client client(offering(server, offered));
    const unsigned char* chosen = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(client.ssl(), &chosen, &size);
    EXPECT_EQ(std::string(reinterpret_cast<const char*>(chosen), size), "http/1.1");
    EXPECT_EQ(client.get("/")->body, "hello");
  }
  EXPECT_THROW(Client client(offering(server, "\x02h2")), std::runtime_error);
  EXPECT_EQ(test::fetch(server, "GET", "/")->body, "hello");
}

TEST_F(TlsTest, ResumesSessions) {
  const Endpoint server = start();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    std::unique_ptr<SSL_SESSION, void (*)(SSL_SESSION*)> session(nullptr, SSL_SESSION_free);
    for (const bool again : {false, true}) {
      Client client(with(server, [&](SSL* ssl) {
        SSL_set_max_proto_version(ssl, version);
        if (again) SSL_set_session(ssl, session.get());
      }));
      EXPECT_EQ(client.get("/")->body, "hello");
      EXPECT_EQ(SSL_session_reused(client.ssl()), again ? 1 : 0) << version;
      session.reset(SSL_get1_session(client.ssl()));
      // OpenSSL forgets the session of a connection that ends without a word.
      SSL_set_shutdown(client.ssl(), SSL_SENT_SHUTDOWN);
    }
  }
}

TEST_F(TlsTest, NeverRenegotiates) {
  const Endpoint server = start();
  Client client(with(server, [](SSL* ssl) { SSL_set_max_proto_version(ssl, TLS1_2_VERSION); }));
  ASSERT_EQ(client.get("/")->body, "hello");
  ASSERT_EQ(SSL_renegotiate(client.ssl()), 1);
  SSL_do_handshake(client.ssl());
  client.flush();
  EXPECT_TRUE(client.closed_within(5s));
  EXPECT_EQ(test::fetch(server, "GET", "/")->body, "hello");
}

TEST_F(TlsTest, NewKeysAtAnyTime) {
  const Endpoint server = start();
  Client client(server), other(server);
  for (int i = 0; i < 3000; ++i) {
    ASSERT_EQ(SSL_key_update(client.ssl(), SSL_KEY_UPDATE_REQUESTED), 1);
    SSL_do_handshake(client.ssl());
    if (i % 100 != 0) continue;
    ASSERT_TRUE(client.flush());
    ASSERT_EQ(other.get("/")->body, "hello");
  }
  ASSERT_TRUE(client.flush());
  EXPECT_EQ(client.get("/")->body, "hello");
}

TEST_F(TlsTest, APlainRequestIsToldToEncrypt) {
  const Endpoint server = start();
  Client client(Endpoint(server.port));
  const auto answer = client.get("/");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 400);
  EXPECT_THAT(answer->body, HasSubstr("https://"));
  EXPECT_TRUE(client.closed_within(5s));
  EXPECT_EQ(test::fetch(server, "GET", "/")->body, "hello");
}

TEST_F(TlsTest, RubbishEndsItsConnectionOnly) {
  const Endpoint server = start();
  Client good(server);
  for (const std::string& rubbish : {std::string(5000, '\0'), pattern(5000), std::string("\x16\x03\x01\xff\xff"),
                                     std::string("\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00", 10)}) {
    Client client(Endpoint(server.port));
    client.send(rubbish);
  }
  // In the middle of a connection, too.
  Client broken(server);
  ASSERT_TRUE(broken.get("/"));
  BIO_write(SSL_get_wbio(broken.ssl()), "rubbish rubbish", 15);
  broken.flush();
  EXPECT_TRUE(broken.closed_within(5s));
  EXPECT_EQ(good.get("/")->body, "hello");
}

TEST_F(TlsTest, AHandshakeThatNeverEndsTimesOut) {
  ServerOptions options;
  options.header_timeout = 1s;
  const Endpoint server = start(make_identity(), options);
  Client silent(Endpoint(server.port)), slow(Endpoint(server.port));
  slow.send(std::string_view("\x16\x03\x01\x02\x00", 5));
  EXPECT_TRUE(silent.closed_within(4s));
  EXPECT_TRUE(slow.closed_within(4s));
}

TEST_F(TlsTest, ADrainDoesNotWaitForHandshakes) {
  const Endpoint server = start();
  Client silent(Endpoint(server.port)), slow(Endpoint(server.port));
  slow.send(std::string_view("\x16\x03\x01\x02\x00", 5));
  while (server_->connections() < 2) std::this_thread::sleep_for(1ms);
  const auto began = std::chrono::steady_clock::now();
  server_->drain(began + 10s);
  EXPECT_EQ(server_->connections(), 0u);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);
}

// --- Reloading ---

TEST_F(TlsTest, NewConnectionsGetTheNewCertificate) {
  const Endpoint server = start(make_identity({.name = "old"}));
  Client before(server);
  ASSERT_EQ(names_shown(before), std::vector<std::string>{"old"});
  write(make_identity({.name = "new"}));
  ASSERT_TRUE(server_->reload_certificate());
  Client after(server);
  EXPECT_EQ(names_shown(after), std::vector<std::string>{"new"});
  EXPECT_EQ(after.get("/")->body, "hello");
  EXPECT_EQ(before.get("/")->body, "hello");
}

TEST_F(TlsTest, ABrokenNewCertificateChangesNothing) {
  const Endpoint server = start(make_identity({.name = "old"}));
  write({make_identity({.name = "new"}).certificate, "no key"});
  EXPECT_FALSE(server_->reload_certificate());
  Client after(server);
  EXPECT_EQ(names_shown(after), std::vector<std::string>{"old"});
  EXPECT_EQ(after.get("/")->body, "hello");
}

TEST_F(TlsTest, ReloadsUnderLoad) {
  ServerOptions options;
  options.threads = 2;
  const Endpoint server = start(make_identity({.name = "old"}), options);
  std::atomic<bool> over = false;
  auto load = std::async(std::launch::async, [&] {
    int answered = 0;
    for (; !over; ++answered)
      if (test::fetch(server, "GET", "/")->body != "hello") return -1;
    return answered;
  });
  for (int i = 0; i < 20; ++i) {
    write(make_identity());
    ASSERT_TRUE(server_->reload_certificate());
    std::this_thread::sleep_for(5ms);
  }
  over = true;
  EXPECT_GT(load.get(), 0);
}

// --- Bytes ---

TEST_F(TlsTest, ALargeAnswerToAClientThatReadsInFitsAndStarts) {
  const Endpoint server = start();
  Client client(server);
  client.send("GET /big HTTP/1.1\r\nHost: h\r\n\r\nGET /again HTTP/1.1\r\nHost: h\r\n\r\n");
  std::this_thread::sleep_for(100ms);
  std::string got;
  for (int i = 0; i < 100; ++i) {
    got += client.read_some(50'000);
    std::this_thread::sleep_for(1ms);
  }
  const std::size_t body = got.find("\r\n\r\n") + 4;
  got += client.read_some(body + (8 << 20) - got.size());
  EXPECT_TRUE(got.substr(body) == pattern(8 << 20)) << "other bytes than were sent";
  EXPECT_EQ(client.receive()->body, "hello");
}

TEST_F(TlsTest, LargeBodiesInBothDirections) {
  const Endpoint server = start();
  Client client(server);
  for (const std::size_t size : {1u, 16000u, 16384u, 16385u, 40000u, 300000u, 8u << 20}) {
    const std::string body = pattern(size);
    const auto echoed = client.request("POST", "/echo", {{"Expect", "100-continue"}}, body);
    ASSERT_TRUE(echoed);
    EXPECT_TRUE(echoed->body == body) << size;
  }
}

TEST_F(TlsTest, AHeadLongerThanARecord) {
  ServerOptions options;
  options.limits.max_header_bytes = 1 << 20;
  const Endpoint server = start(make_identity(), options);
  Client client(server);
  const auto answer = client.get("/", {{"X-Long", std::string(200000, 'x')}});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, "hello");
}

TEST_F(TlsTest, ManyRequestsInOneRecordAndOneRequestInManyRecords) {
  const Endpoint server = start();
  Client client(server);
  std::string many;
  for (int i = 0; i < 400; ++i) many += "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  client.send(many);
  for (int i = 0; i < 400; ++i) ASSERT_EQ(client.receive()->body, "hello");
  // All in one packet, so that the server has to find the later records in its own memory.
  for (const char c : std::string("GET / HTTP/1.1\r\nHost: h\r\n\r\n")) SSL_write(client.ssl(), &c, 1);
  ASSERT_TRUE(client.flush());
  EXPECT_EQ(client.receive()->body, "hello");
}

TEST_F(TlsTest, ARequestThatComesWithTheHandshake) {
  Endpoint server = start();
  server.together = true;
  Client client(server);
  ASSERT_EQ(SSL_version(client.ssl()), TLS1_3_VERSION);
  EXPECT_EQ(client.get("/")->body, "hello");
}

// --- Goodbyes ---

TEST_F(TlsTest, SaysGoodbyeWhereverAnAnswerIsWhole) {
  ServerOptions options;
  options.idle_timeout = 1s;
  const Endpoint server = start(make_identity(), options);
  Client idle(server), last(server), wrong(server), leaving(server);
  ASSERT_TRUE(last.get("/", {{"Connection", "close"}}));
  EXPECT_TRUE(last.closed_within(5s));
  EXPECT_TRUE(said_goodbye(last));
  wrong.send("nonsense\r\n\r\n");
  EXPECT_EQ(wrong.receive()->status, 400);
  EXPECT_TRUE(wrong.closed_within(5s));
  EXPECT_TRUE(said_goodbye(wrong));
  SSL_shutdown(leaving.ssl());
  leaving.flush();
  EXPECT_TRUE(leaving.closed_within(500ms));
  EXPECT_TRUE(said_goodbye(leaving));
  EXPECT_TRUE(idle.closed_within(5s));
  EXPECT_TRUE(said_goodbye(idle));
}

TEST_F(TlsTest, SaysGoodbyeWhenItDrains) {
  const Endpoint server = start();
  Client idle(server);
  ASSERT_TRUE(idle.get("/"));
  server_->drain(std::chrono::steady_clock::now() + 5s);
  EXPECT_EQ(server_->connections(), 0u);
  EXPECT_TRUE(idle.closed_within(5s));
  EXPECT_TRUE(said_goodbye(idle));
}

TEST_F(TlsTest, SaysNoGoodbyeAfterAnAnswerThatBroke) {
  const Endpoint server = start();
  Client client(server);
  client.send("GET /breaks HTTP/1.0\r\n\r\n");
  EXPECT_EQ(client.receive()->body, "some");
  EXPECT_FALSE(said_goodbye(client));
}

TEST_F(TlsTest, ConnectionsFarBeyondTheLimitGetNoHandshake) {
  ServerOptions options;
  options.max_connections = 1;
  const Endpoint server = start(make_identity(), options);
  Client first(server);
  ASSERT_TRUE(first.get("/"));
  std::vector<std::unique_ptr<Client>> silent;
  for (int i = 0; i < 64; ++i) silent.push_back(std::make_unique<Client>(Endpoint(server.port)));
  while (server_->connections() < 65) std::this_thread::sleep_for(1ms);
  EXPECT_THROW(Client another(server), std::runtime_error);
  EXPECT_EQ(first.get("/")->body, "hello");
  silent.clear();
  while (server_->connections() > 1) std::this_thread::sleep_for(1ms);
  Client second(server);
  EXPECT_EQ(second.receive()->status, 503);
}

}  // namespace
}  // namespace imcaxy::http
