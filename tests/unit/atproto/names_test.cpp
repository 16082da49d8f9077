// Names from outside: DIDs and CIDs, each with one spelling only.
#include <gtest/gtest.h>

#include "atproto/blob.hpp"
#include "base/hash.hpp"

namespace imcaxy::atproto {
namespace {

TEST(Did, Plc) {
  const auto did = parse_did("did:plc:ewvi7nxzyoun6zhxrhs64oiz", false);
  ASSERT_TRUE(did);
  EXPECT_EQ(did->method, Did::Method::plc);
  EXPECT_EQ(did->text, "did:plc:ewvi7nxzyoun6zhxrhs64oiz");
  for (const char* wrong :
       {"did:plc:abc", "did:plc:", "did:plc:EWVI7NXZYOUN6ZHXRHS64OIZ", "did:plc:0wvi7nxzyoun6zhxrhs64oiz",
        "did:plc:1wvi7nxzyoun6zhxrhs64oiz", "did:plc:ewvi7nxzyoun6zhxrhs64oizz", "did:plc:ewvi7nxzyoun6zhxrhs64oi",
        "did%3Aplc%3Aewvi7nxzyoun6zhxrhs64oiz", "DID:plc:ewvi7nxzyoun6zhxrhs64oiz", "did:plc:ewvi7nxzyoun6zhxrhs64o/z",
        "did:plc:ewvi7nxzyoun6zhxrhs64oiz#atproto_pds", "", "notadid", "did:abc123", "did:key:z6Mk", "did:example:x"})
    EXPECT_FALSE(parse_did(wrong, true)) << wrong;
}

TEST(Did, WebHasAHostAndNoPath) {
  const auto did = parse_did("did:web:images.example.com", false);
  ASSERT_TRUE(did);
  EXPECT_EQ(did->method, Did::Method::web);
  EXPECT_EQ(did->host, "images.example.com");
  EXPECT_FALSE(did->is_local());
  for (const std::string& wrong :
       {std::string("did:web:"), std::string("did:web:example"), std::string("did:web:example.com:user:alice"),
        std::string("did:web:example.com%3A8080"), std::string("did:web:Example.com"), std::string("did:web:a..com"),
        std::string("did:web:.example.com"), std::string("did:web:example.com."), std::string("did:web:-a.com"),
        std::string("did:web:a-.com"), std::string("did:web:a_b.com"), std::string("did:web:a/b.com"),
        std::string("did:web:a\0b.com", 15), "did:web:" + std::string(64, 'a') + ".com",
        "did:web:a." + std::string(3000, 'b')})
    EXPECT_FALSE(parse_did(wrong, true)) << wrong;
}

TEST(Did, LocalhostOnlyWhereItIsAllowed) {
  EXPECT_FALSE(parse_did("did:web:localhost", false));
  EXPECT_FALSE(parse_did("did:web:localhost%3A3000", false));
  const auto did = parse_did("did:web:localhost%3A3000", true);
  ASSERT_TRUE(did);
  EXPECT_EQ(did->host, "localhost:3000");
  EXPECT_EQ(did->text, "did:web:localhost%3A3000");
  EXPECT_TRUE(did->is_local());
  EXPECT_TRUE(parse_did("did:web:localhost", true));
  for (const char* wrong : {"did:web:localhost%3a3000", "did:web:localhost%3A", "did:web:localhost%3A0",
                            "did:web:localhost%3A03000", "did:web:localhost%3A65536", "did:web:localhost%3A80:x",
                            "did:web:localhost:3000", "did:web:localhost%3A30%3A1"})
    EXPECT_FALSE(parse_did(wrong, true)) << wrong;
}

TEST(Cid, HasTheHashOfItsBlob) {
  const auto cid = parse_cid("bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku");
  ASSERT_TRUE(cid);
  EXPECT_EQ(cid->sha256, sha256_hex("")) << "this is the CID of the empty blob";
}

TEST(Cid, HasOneSpelling) {
  const std::string good = "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku";
  for (const std::string& wrong :
       {std::string(), std::string("b"), good.substr(0, 58), good + "a", "B" + good.substr(1), "z" + good.substr(1),
        std::string("BAFKREIHDWDCEFGH4DQKJV67UZCMW7OJEE6XEDZDETOJUZJEVTENXQUVYKU"),
        // dag-cbor, a CID of version 0, padding bits set, a letter that is none, one too long
        "bafyrei" + good.substr(7), std::string("QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG"),
        good.substr(0, 58) + "v", good.substr(0, 58) + "1", good.substr(0, 58) + "@",
        std::string("bafkreihgdyzzpkkzq2izfnhcmm77ycuacvkuziwbnqxfxtqsz7tmxwhnshi")})
    EXPECT_FALSE(parse_cid(wrong)) << wrong;
}

TEST(Blob, IsNamedByItsOwnerAndItsCid) {
  const Blob blob{*parse_did("did:web:example.com", false),
                  *parse_cid("bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku")};
  EXPECT_EQ(source_name(blob), "at://did:web:example.com/bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku");
  EXPECT_TRUE(source_name(blob).starts_with(owner_prefix(blob.owner)));
}

}  // namespace
}  // namespace imcaxy::atproto
