// Documents of the pictures that the nodes share, and leases.
#include "cluster/images.hpp"

#include <thread>

#include <gmock/gmock.h>

#include "cluster/collections.hpp"
#include "cluster/leases.hpp"
#include "unit/cluster/database.hpp"

namespace imcaxy::cluster {
namespace {

using namespace std::chrono_literals;

StoredImage image(const std::string& signature, Position since, const std::string& object) {
  StoredImage out;
  out.meta.key = hash128(signature);
  out.meta.request_signature = signature;
  out.meta.raw_request = "/imaginary/resize?x=\xff";
  out.meta.processor_type = "imaginary";
  out.meta.processor_endpoint = "/resize";
  out.meta.mime_type = "image/png";
  out.meta.source_url = "http://a.example/1.png";
  out.meta.processing_params = {{"width", {"1", "2"}}, {std::string("a\0b", 3), {"\xff"}}};
  out.meta.headers = {{"Image-Width", "5"}};
  out.meta.etag = "\"e\"";
  out.meta.created = WallTime(1785000000000ms);
  out.bytes = 12;
  out.object = object;
  out.since = since;
  out.last_access = WallTime(1785000000001ms);
  return out;
}

class ImagesTest : public test::DatabaseTest {
 protected:
  void SetUp() override {
    DatabaseTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    ASSERT_TRUE(images().prepare());
  }
  Images& images() {
    if (!images_) images_ = std::make_unique<Images>(mongo());
    return *images_;
  }
  StoredImage found(const std::string& signature) {
    const auto found = images().find(signature, "imaginary");
    EXPECT_TRUE(found && *found);
    return found && *found ? **found : StoredImage{};
  }

 private:
  std::unique_ptr<Images> images_;
};

TEST_F(ImagesTest, APictureComesBackAsItWas) {
  StoredImage put = image("|resize|", 3, "o1");
  put.meta.expires = WallTime(1785000009999ms);
  put.meta.fresh = cache::Freshness{WallTime(1785000001000ms), WallTime(1785000002000ms), WallTime(1785000009999ms)};
  put.meta.source_hash = "h1";
  put.meta.personal = true;
  put.meta.original_bytes = 123'456;
  ASSERT_TRUE(images().put(put)->kept);
  const StoredImage got = found("|resize|");
  EXPECT_EQ(got.object, "o1");
  EXPECT_EQ(got.since, 3);
  EXPECT_EQ(got.bytes, 12u);
  EXPECT_EQ(got.last_access, put.last_access);
  EXPECT_EQ(got.meta.raw_request, "/imaginary/resize?x=?") << "text in the database is UTF-8";
  EXPECT_EQ(got.meta.processing_params.at("width"), (std::vector<std::string>{"1", "2"}));
  put.meta.raw_request = got.meta.raw_request;
  put.meta.processing_params = got.meta.processing_params;
  EXPECT_EQ(got.meta, put.meta);
}

TEST_F(ImagesTest, ItsTimesAreRenewedAsLongAsItIsOfTheSameBytes) {
  StoredImage put = image("|resize|", 3, "o1");
  put.meta.fresh = cache::Freshness{WallTime(1000ms), WallTime(2000ms), WallTime(3000ms)};
  put.meta.expires = put.meta.fresh->end();
  put.meta.source_hash = "h1";
  ASSERT_TRUE(images().put(put)->kept);
  StoredImage renewed = put;
  renewed.meta.fresh = cache::Freshness{WallTime(5000ms), WallTime(6000ms), WallTime(7000ms)};
  renewed.meta.expires = renewed.meta.fresh->end();
  ASSERT_TRUE(images().renew(renewed.meta));
  EXPECT_EQ(found("|resize|").meta.fresh, renewed.meta.fresh);
  EXPECT_EQ(found("|resize|").meta.expires, renewed.meta.expires);
  renewed.meta.source_hash = "h2";
  renewed.meta.fresh->until = WallTime(9000ms);
  ASSERT_TRUE(images().renew(renewed.meta));
  EXPECT_EQ(found("|resize|").meta.fresh->until, WallTime(5000ms));
}

TEST_F(ImagesTest, WhoKnewMoreOfTheLogWins) {
  EXPECT_TRUE(images().put(image("s", 3, "o1"))->kept);
  const auto same = images().put(image("s", 3, "o2"));
  EXPECT_TRUE(same->kept);
  EXPECT_EQ(same->replaced, "o1");
  const auto older = images().put(image("s", 2, "o3"));
  EXPECT_FALSE(older->kept);
  EXPECT_EQ(found("s").object, "o2");
  EXPECT_EQ(images().put(image("s", 4, "o4"))->replaced, "o2");
  // Who is late with a removal removes nothing that is newer.
  ASSERT_TRUE(images().remove(image("s", 3, "o2")));
  EXPECT_EQ(found("s").object, "o4");
  ASSERT_TRUE(images().remove(image("s", 4, "o4")));
  EXPECT_FALSE(images().find("s", "imaginary")->has_value());
}

TEST_F(ImagesTest, NegotiatedPicturesOfOneRequestLieBesideEachOther) {
  StoredImage avif = image("s", 1, "avif"), webp = image("s", 1, "webp");
  for (auto* each : {&avif, &webp}) {
    each->meta.headers.emplace_back("Vary", "Accept");
    each->meta.key = hash128(each->object);
    ASSERT_TRUE(images().put(*each)->kept);
  }
  for (const auto* each : {&avif, &webp}) {
    const StoredImage got = found(stored_signature("s", each->meta.key, true));
    EXPECT_EQ(got.object, each->object);
    EXPECT_EQ(got.meta.request_signature, "s");
  }
  EXPECT_FALSE(images().find("s", "imaginary")->has_value());
}

TEST_F(ImagesTest, DocumentsOfTheOriginalSystem) {
  ASSERT_TRUE(mongo().insert(images_collection, {{"rawRequest", "/resize?width=5&url=http://a/b"},
                                                 {"requestSignature", "|/resize|http://a/b|width=5|"},
                                                 {"processorType", "imaginary"},
                                                 {"processorEndpoint", "/resize"},
                                                 {"mimeType", "image/jpeg"},
                                                 {"imageSize", 77},
                                                 {"sourceImageURL", "http://a/b"},
                                                 {"processingParams", {{"width", {"5"}}}}}));
  const StoredImage got = found("|/resize|http://a/b|width=5|");
  EXPECT_EQ(got.object, "%7C%2Fresize%7Chttp:%2F%2Fa%2Fb%7Cwidth=5%7C::imaginary");
  EXPECT_EQ(got.bytes, 77u);
  EXPECT_EQ(got.since, 0);
  EXPECT_EQ(images().put(image("|/resize|http://a/b|width=5|", 0, "new"))->replaced, got.object);
}

TEST_F(ImagesTest, DocumentsThatMakeNoSenseAreNone) {
  for (const mongo::Document& odd :
       {mongo::Document{{"requestSignature", "s"}, {"processorType", "imaginary"}},
        mongo::Document{{"requestSignature", "t"}, {"processorType", "imaginary"}, {"imageSize", -1}},
        mongo::Document{{"requestSignature", "u"},
                        {"processorType", "imaginary"},
                        {"imageSize", 1},
                        {"headers", 5},
                        {"personal", 7},
                        {"processingParams", {{"a", 5}}}}})
    ASSERT_TRUE(mongo().insert(images_collection, odd));
  EXPECT_FALSE(images().find("s", "imaginary")->has_value());
  EXPECT_FALSE(images().find("t", "imaginary")->has_value());
  EXPECT_EQ(found("u").bytes, 1u);
}

TEST_F(ImagesTest, BySourceByTimeAndByUse) {
  for (int i = 0; i < 4; ++i) {
    StoredImage each = image("s" + std::to_string(i), 1, "o" + std::to_string(i));
    each.meta.source_url = i < 2 ? "http://a.example/(1).png" : "http://b.example/" + std::to_string(i);
    each.last_access += std::chrono::hours(10 - i);
    if (i == 2) each.meta.expires = WallTime(1ms);
    ASSERT_TRUE(images().put(each));
  }
  const auto objects = [](const auto& outcome) {
    std::vector<std::string> out;
    for (const StoredImage& each : *outcome) out.push_back(each.object);
    return out;
  };
  using ::testing::ElementsAre;
  using ::testing::UnorderedElementsAre;
  EXPECT_THAT(objects(images().of_sources({{"http://a.example/(1).png"}, {}}, 9)), UnorderedElementsAre("o0", "o1"));
  EXPECT_THAT(objects(images().of_sources({{}, {"http://a.example/(", "http://b.example/3"}}, 9)),
              UnorderedElementsAre("o0", "o1", "o3"));
  EXPECT_THAT(objects(images().of_sources({}, 9)), ElementsAre());
  EXPECT_THAT(objects(images().expired(9)), ElementsAre("o2"));
  EXPECT_THAT(objects(images().least_used(2)), ElementsAre("o3", "o2"));
  EXPECT_EQ(images().total()->bytes, 48u);
  EXPECT_EQ(images().total()->images, 4u);
  EXPECT_THAT(*images().named({"o1", "o9"}), ElementsAre("o1"));
}

class LeasesTest : public test::DatabaseTest {};

TEST_F(LeasesTest, OneHasIt) {
  Leases a(mongo(), "a"), b(mongo(), "b");
  ASSERT_TRUE(a.prepare());
  EXPECT_TRUE(std::holds_alternative<Leases::Mine>(*a.ask_for("x")));
  EXPECT_TRUE(std::holds_alternative<Leases::Mine>(*a.ask_for("x"))) << "a question that was sent twice";
  EXPECT_TRUE(std::holds_alternative<Leases::Held>(*b.ask_for("x")));
  ASSERT_TRUE(b.give_back("x")) << "not its own: changes nothing";
  EXPECT_TRUE(std::holds_alternative<Leases::Held>(*b.ask_for("x")));
  ASSERT_TRUE(a.give_back("x"));
  EXPECT_TRUE(std::holds_alternative<Leases::Mine>(*b.ask_for("x")));
}

TEST_F(LeasesTest, AFailureIsToldForAWhile) {
  Leases a(mongo(), "a"), b(mongo(), "b");
  ASSERT_TRUE(a.ask_for("x"));
  ASSERT_TRUE(a.give_back("x", {404, "no such picture", ""}, 300ms));
  const auto told = b.ask_for("x");
  ASSERT_TRUE(std::holds_alternative<Error>(*told));
  EXPECT_EQ(std::get<Error>(*told).status, 404);
  EXPECT_EQ(std::get<Error>(*told).message, "no such picture");
  std::this_thread::sleep_for(400ms);
  EXPECT_TRUE(std::holds_alternative<Leases::Mine>(*b.ask_for("x")));
  ASSERT_TRUE(b.give_back("x"));
  EXPECT_TRUE(std::holds_alternative<Leases::Mine>(*a.ask_for("x")));
}

TEST_F(LeasesTest, ADeadHolderLosesIt) {
  Leases a(mongo(), "a"), b(mongo(), "b"), renewing(mongo(), "c");
  ASSERT_TRUE(a.ask_for("x"));
  ASSERT_TRUE(renewing.ask_for("y"));
  const auto begun = std::chrono::steady_clock::now();
  bool has = false;
  while (!has && std::chrono::steady_clock::now() - begun < 10s) {
    std::this_thread::sleep_for(100ms);
    ASSERT_TRUE(renewing.renew());
    has = std::holds_alternative<Leases::Mine>(*b.ask_for("x"));
  }
  EXPECT_TRUE(has);
  EXPECT_TRUE(std::holds_alternative<Leases::Held>(*b.ask_for("y")));
}

}  // namespace
}  // namespace imcaxy::cluster
