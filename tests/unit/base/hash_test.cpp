#include "base/hash.hpp"

#include <set>

#include <gtest/gtest.h>

namespace imcaxy {
namespace {

TEST(Sha256, KnownAnswers) {  // FIPS 180-2, appendix B
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256_hex(std::string(1000000, 'a')), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

// What lies on disk is named by these: another algorithm would lose every cache.
TEST(Sha256, PartsAreAsTheWholeAndADigestDoesNotEndIt) {
  Sha256 parts;
  parts.update("a");
  EXPECT_EQ(to_hex(parts.digest()), sha256_hex("a"));
  parts.update("bc");
  EXPECT_EQ(to_hex(parts.digest()), sha256_hex("abc"));
  EXPECT_EQ(to_hex(Sha256().digest()), sha256_hex(""));
}

TEST(Md5, KnownAnswer) {  // RFC 1321, appendix A.5
  EXPECT_EQ(to_hex(md5("message digest")), "f96b697d7cb7938d525a2f31aaf161d0");
}

TEST(Xxh3, KnownAnswers) {
  EXPECT_EQ(hash64(""), 0x2d06800538d394c2u);
  EXPECT_EQ(hash64("abc"), 0x78af5f94892f3950u);
  EXPECT_EQ(hash128("abc").hex(), "06b05ab6733a618578af5f94892f3950");
}

TEST(Xxh3, PartsOfAnySizeAreAsTheWhole) {
  std::string text;
  for (int i = 0; i < 3000; ++i) text += static_cast<char>(i * 7);
  for (const std::size_t size : {1u, 7u, 64u, 240u, 241u, 1024u, 2999u}) {
    Hasher128 hasher;
    for (std::size_t at = 0; at < text.size(); at += size) hasher.update(std::string_view(text).substr(at, size));
    EXPECT_EQ(hasher.digest(), hash128(text)) << size;
  }
  Hasher128 nothing;
  EXPECT_EQ(nothing.digest(), hash128(""));
}

TEST(Xxh3, ADigestDoesNotEndTheHashing) {
  Hasher128 hasher;
  hasher.update("a");
  EXPECT_EQ(hasher.digest(), hash128("a"));
  hasher.update("bc");
  EXPECT_EQ(hasher.digest(), hash128("abc"));
}

TEST(Key128, HexKeepsLeadingZeros) {
  const Key128 key{0x1, 0xabcdef};
  EXPECT_EQ(key.hex(), "00000000000000010000000000abcdef");
  EXPECT_EQ(Key128::from_hex(key.hex()), key);
  EXPECT_FALSE(Key128::from_hex("00000000000000010000000000ABCDEF"));
  EXPECT_FALSE(Key128::from_hex(key.hex() + "0"));
  EXPECT_FALSE(Key128::from_hex(""));
}

TEST(Key128, IsOrderedByItsHighHalfFirst) {
  EXPECT_LT((Key128{1, 9}), (Key128{2, 0}));
  EXPECT_LT((Key128{1, 8}), (Key128{1, 9}));
}

TEST(Base64, KnownAnswers) {  // RFC 4648, section 10
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("\xfb\xff\xfe"), "+//+");
}

TEST(Base64Url, KnownAnswers) {  // RFC 4648, section 10, without padding
  EXPECT_EQ(base64url(""), "");
  EXPECT_EQ(base64url("f"), "Zg");
  EXPECT_EQ(base64url("fo"), "Zm8");
  EXPECT_EQ(base64url("foo"), "Zm9v");
  EXPECT_EQ(base64url("foob"), "Zm9vYg");
  EXPECT_EQ(base64url("fooba"), "Zm9vYmE");
  EXPECT_EQ(base64url("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64url(std::string(3, '\xFF')), "____");
  EXPECT_EQ(base64url(std::string(2, '\0')), "AAA");
}

TEST(Base64Url, ComesBack) {
  for (const std::string text : {"", "f", "fo", "foo", "foob", "fooba", "foobar", "\xff\xfe\xfd"})
    EXPECT_EQ(from_base64url(base64url(text)), text);
  EXPECT_EQ(from_base64url("Zm8="), "fo") << "padding is ignored";
  for (const std::string_view text : {"Z", "Zm9vY", "Zg+", "Zm9/", "Zm 9v", "Zh", "Zm9vYmF"})
    EXPECT_EQ(from_base64url(text), std::nullopt) << text;
}

TEST(Hmac, KnownAnswer) {  // RFC 4231, test case 2
  const std::string mac = hmac_sha256("Jefe", "what do ya want for nothing?");
  ASSERT_EQ(mac.size(), 32u);
  EXPECT_EQ(static_cast<unsigned char>(mac[0]), 0x5b);
  EXPECT_EQ(static_cast<unsigned char>(mac[1]), 0xdc);
  EXPECT_EQ(static_cast<unsigned char>(mac[31]), 0x43);
}

TEST(ConstantTimeComparison, OfEmptyTexts) {
  EXPECT_TRUE(equal_constant_time("", ""));
  EXPECT_FALSE(equal_constant_time("", "a"));
  EXPECT_FALSE(equal_constant_time("a", ""));
}

TEST(RandomHex, IsOfTheLengthAndNeverTheSame) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const std::string text = random_hex(16);
    EXPECT_EQ(text.size(), 32u);
    EXPECT_EQ(text.find_first_not_of("0123456789abcdef"), text.npos) << text;
    EXPECT_TRUE(seen.insert(text).second) << text;
  }
  EXPECT_EQ(random_hex(0), "");
}

}  // namespace
}  // namespace imcaxy
