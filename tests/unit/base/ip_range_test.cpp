#include "base/ip_range.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace imcaxy {
namespace {

IpAddress address(const char* text) {
  return boost::asio::ip::make_address(text);
}

bool contains(const char* range, const char* text) {
  const auto parsed = IpRange::parse(range);
  EXPECT_TRUE(parsed) << range;
  return parsed && parsed->contains(address(text));
}

// --- Ranges ---

TEST(IpRange, PrefixesOfAllLengths) {
  EXPECT_TRUE(contains("10.0.0.0/8", "10.255.255.255"));
  EXPECT_FALSE(contains("10.0.0.0/8", "11.0.0.0"));
  EXPECT_TRUE(contains("172.16.0.0/12", "172.31.255.255"));
  EXPECT_FALSE(contains("172.16.0.0/12", "172.32.0.0"));
  EXPECT_FALSE(contains("172.16.0.0/12", "172.15.255.255"));
  EXPECT_TRUE(contains("128.0.0.0/1", "255.255.255.255"));
  EXPECT_FALSE(contains("128.0.0.0/1", "127.255.255.255"));
  EXPECT_TRUE(contains("10.0.0.0/15", "10.1.255.255"));
  EXPECT_FALSE(contains("10.0.0.0/15", "10.2.0.0"));
  EXPECT_TRUE(contains("10.0.0.0/17", "10.0.127.255"));
  EXPECT_FALSE(contains("10.0.0.0/17", "10.0.128.0"));
  EXPECT_TRUE(contains("10.0.0.6/31", "10.0.0.7"));
  EXPECT_FALSE(contains("10.0.0.6/31", "10.0.0.8"));
  EXPECT_TRUE(contains("10.0.0.6/32", "10.0.0.6"));
  EXPECT_FALSE(contains("10.0.0.6/32", "10.0.0.7"));
  EXPECT_TRUE(contains("1.2.3.4/0", "255.0.0.1"));

  EXPECT_TRUE(contains("fc00::/7", "fdff:ffff::1"));
  EXPECT_FALSE(contains("fc00::/7", "fe00::"));
  EXPECT_TRUE(contains("fe80::/10", "febf::1"));
  EXPECT_FALSE(contains("fe80::/10", "fec0::1"));
  EXPECT_TRUE(contains("2001:db8::/33", "2001:db8:7fff::1"));
  EXPECT_FALSE(contains("2001:db8::/33", "2001:db8:8000::1"));
  EXPECT_TRUE(contains("2001:db8::2/127", "2001:db8::3"));
  EXPECT_FALSE(contains("2001:db8::2/127", "2001:db8::4"));
  EXPECT_FALSE(contains("2001:db8::2/128", "2001:db8::3"));
  EXPECT_TRUE(contains("::/0", "ffff::1"));
}

TEST(IpRange, OneAddressIsARange) {
  EXPECT_TRUE(contains("192.168.1.5", "192.168.1.5"));
  EXPECT_FALSE(contains("192.168.1.5", "192.168.1.4"));
  EXPECT_TRUE(contains("fd00::5", "fd00::5"));
  EXPECT_FALSE(contains("fd00::5", "fd00::4"));
}

TEST(IpRange, BitsBehindThePrefixDoNotCount) {
  EXPECT_TRUE(contains("10.1.2.3/8", "10.200.0.0"));
}

TEST(IpRange, TheFamiliesAreApart) {
  EXPECT_FALSE(contains("0.0.0.0/0", "::1"));
  EXPECT_FALSE(contains("0.0.0.0/0", "::ffff:10.0.0.1"));
  EXPECT_FALSE(contains("::/0", "127.0.0.1"));
}

TEST(IpRange, RefusesWhatIsNoRange) {
  for (const char* text : {"",
                           "/",
                           "/8",
                           "10.0.0.0/",
                           "10.0.0.0/33",
                           "10.0.0.0/-1",
                           "10.0.0.0/+8",
                           "10.0.0.0/8x",
                           "10.0.0.0/8/8",
                           "10.0.0.0/ 8",
                           "10.0.0.0/4294967304",
                           "10.0.0.0/99999999999999999999",
                           "10.0.0/8",
                           "10",
                           "10.0.0.256",
                           "10.0.0.0.0",
                           " 10.0.0.0/8",
                           "10.0.0.0/8 ",
                           "10.0.0.0-10.0.0.9",
                           "fd00::/129",
                           "fd00:::/8",
                           "fd00::g",
                           "[::1]",
                           "localhost",
                           "*"}) {
    const auto parsed = IpRange::parse(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().message, "'" + std::string(text) + "' is no address range such as 10.0.0.0/8 or fd00::/8");
  }
}

// --- Public addresses ---

TEST(IsPublic, Ipv4UpToTheEdgesOfEachBlock) {
  for (const char* text :
       {"1.0.0.0",         "8.8.8.8",        "9.255.255.255",   "11.0.0.0",      "100.63.255.255", "100.128.0.0",
        "126.255.255.255", "128.0.0.0",      "169.253.255.255", "169.255.0.0",   "172.15.255.255", "172.32.0.0",
        "191.255.255.255", "192.0.1.0",      "192.0.3.0",       "192.88.98.255", "192.88.100.0",   "192.167.255.255",
        "192.169.0.0",     "198.17.255.255", "198.20.0.0",      "198.51.99.255", "198.51.101.0",   "203.0.112.255",
        "203.0.114.0",     "223.255.255.255"})
    EXPECT_TRUE(is_public(address(text))) << text;

  for (const char* text :
       {"0.0.0.0",         "0.255.255.255",    // this network
        "10.0.0.0",        "10.255.255.255",   // private
        "100.64.0.0",      "100.127.255.255",  // shared by carriers (CGNAT)
        "127.0.0.0",       "127.0.0.1",       "127.255.255.255", "169.254.0.0",     "169.254.169.254",
        "169.254.255.255",  // link-local, clouds' metadata
        "172.16.0.0",      "172.31.255.255",  "192.168.0.0",     "192.168.255.255", "192.0.0.1",
        "192.0.0.255",  // protocol assignments
        "192.0.2.1",       "198.51.100.0",    "198.51.100.255",  "203.0.113.0",     "203.0.113.255",  // documentation
        "192.88.99.1",                                                                                // relays of 6to4
        "198.18.0.0",      "198.19.255.255",                                                          // benchmarks
        "224.0.0.0",       "239.255.255.255",                                                         // multicast
        "240.0.0.0",       "255.255.255.254", "255.255.255.255"})
    EXPECT_FALSE(is_public(address(text))) << text;
}

TEST(IsPublic, Ipv6UpToTheEdgesOfEachBlock) {
  for (const char* text : {"2001:200::", "2001:4860:4860::8888", "2001:db7:ffff::1", "2001:db9::", "2003::1",
                           "2606:4700::1111", "2a00:1450::1", "3ffe:ffff::1", "3fff:1000::", "2000::1"})
    EXPECT_TRUE(is_public(address(text))) << text;

  for (const char* text : {"::",           "::1",
                           "fe80::1",      "febf:ffff::1",
                           "fe80::1%1",  // link-local
                           "fec0::1",    // site-local
                           "fc00::",       "fd12:3456::1",
                           "fdff:ffff::1",  // unique local
                           "ff01::1",      "ff02::1",
                           "ff0e::1",  // multicast
                           "2001:db8::",   "2001:db8:ffff::1",
                           "3fff::1",      "3fff:fff:ffff::1",  // documentation
                           "100::1",                            // discarded
                           "64:ff9b:1::1",                      // NAT64 for local use
                           "2001::1",      "2001:2::1",
                           "2001:10::1",   "2001:1ff:ffff::1",  // Teredo, benchmarks, ORCHID
                           "1fff:ffff::1", "4000::1",
                           "5f00::1"})  // not handed out
    EXPECT_FALSE(is_public(address(text))) << text;
}

TEST(IsPublic, AnEmbeddedIpv4AddressDecides) {
  for (const char* text : {"::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1", "::8.8.8.8", "::ffff:0:8.8.8.8"})
    EXPECT_TRUE(is_public(address(text))) << text;

  for (const char* text : {"::ffff:127.0.0.1",
                           "::ffff:10.0.0.1",
                           "::ffff:169.254.169.254",
                           "::ffff:0.0.0.0",
                           "::ffff:100.64.0.1",
                           "64:ff9b::127.0.0.1",
                           "64:ff9b::10.0.0.1",
                           "64:ff9b::169.254.169.254",
                           "64:ff9b::",  //
                           "2002:7f00:1::",
                           "2002:a00:1::1",
                           "2002:a9fe:a9fe::",
                           "2002:c0a8:101::1",
                           "2002::1",  //
                           "::127.0.0.1",
                           "::10.0.0.1",
                           "::169.254.169.254",
                           "::2",
                           "::ffff:0:127.0.0.1",
                           "::ffff:0:10.0.0.1"})
    EXPECT_FALSE(is_public(address(text))) << text;
}

TEST(Unwrapped, IsTheAddressThatIsMeant) {
  for (const auto& [wrapped, meant] : std::initializer_list<std::pair<const char*, const char*>>{
           {"::ffff:10.1.2.3", "10.1.2.3"},
           {"64:ff9b::10.1.2.3", "10.1.2.3"},
           {"2002:a01:203:4::5", "10.1.2.3"},
           {"::10.1.2.3", "10.1.2.3"},
           {"::ffff:0:10.1.2.3", "10.1.2.3"},
           {"10.1.2.3", "10.1.2.3"},
           {"::", "::"},
           {"::1", "::1"},
           {"64:ff9b:0:0:0:1:a01:203", "64:ff9b::1:a01:203"},  // NAT64's prefix has 96 bits
           {"64:ff9b:1::a01:203", "64:ff9b:1::a01:203"},
           {"2003:a01:203::1", "2003:a01:203::1"},
           {"::1:0:a01:203", "::1:0:a01:203"},
           {"fd00::1", "fd00::1"}})
    EXPECT_EQ(unwrapped(address(wrapped)), address(meant)) << wrapped;
}

// --- The policy ---

AddressPolicy policy(const char* text) {
  auto parsed = AddressPolicy::parse(text);
  EXPECT_TRUE(parsed) << text;
  return parsed.value_or(AddressPolicy());
}

TEST(AddressPolicy, FalseAllowsPublicAddressesOnly) {
  for (const AddressPolicy& strict : {policy("false"), policy(""), AddressPolicy()}) {
    for (const char* text : {"8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"})
      EXPECT_TRUE(strict.allows(address(text))) << text;
    for (const char* text : {"127.0.0.1", "10.0.0.1", "::1", "fd00::1", "::ffff:127.0.0.1", "64:ff9b::10.0.0.1", "::"})
      EXPECT_FALSE(strict.allows(address(text))) << text;
  }
}

TEST(AddressPolicy, TrueAllowsAll) {
  const AddressPolicy all = policy("true");
  for (const char* text : {"8.8.8.8", "127.0.0.1", "0.0.0.0", "10.0.0.1", "::1", "fe80::1", "ff02::1"})
    EXPECT_TRUE(all.allows(address(text))) << text;
}

TEST(AddressPolicy, AListAllowsItsRangesBesidesPublicAddresses) {
  const AddressPolicy some = policy("10.16.0.0/12, fd00:1::/32 ,192.168.1.5");
  for (const char* text : {"10.16.0.0", "10.31.255.255", "fd00:1:ffff::1", "192.168.1.5", "8.8.8.8", "2606:4700::1111"})
    EXPECT_TRUE(some.allows(address(text))) << text;
  for (const char* text :
       {"10.15.255.255", "10.32.0.0", "fd00:2::1", "192.168.1.4", "127.0.0.1", "::1", "169.254.169.254"})
    EXPECT_FALSE(some.allows(address(text))) << text;
}

TEST(AddressPolicy, ARangeOfIpv4HoldsForItsWrappedFormsToo) {
  const AddressPolicy some = policy("10.0.0.0/8");
  for (const char* text : {"::ffff:10.0.0.1", "64:ff9b::10.0.0.1", "2002:a00:1::1", "::10.0.0.1"})
    EXPECT_TRUE(some.allows(address(text))) << text;
  for (const char* text : {"::ffff:127.0.0.1", "64:ff9b::192.168.0.1", "2002:7f00:1::"})
    EXPECT_FALSE(some.allows(address(text))) << text;
}

TEST(AddressPolicy, ARangeOfWrappedFormsHoldsForThemOnly) {
  const AddressPolicy some = policy("64:ff9b::/96");
  EXPECT_TRUE(some.allows(address("64:ff9b::10.0.0.1")));
  EXPECT_FALSE(some.allows(address("10.0.0.1")));
  EXPECT_FALSE(some.allows(address("::ffff:10.0.0.1")));
}

TEST(AddressPolicy, RefusesAListWithAWrongPart) {
  for (const auto& [text, part] :
       std::initializer_list<std::pair<const char*, const char*>>{{"10.0.0.0/8,nonsense", "'nonsense'"},
                                                                  {"True", "'True'"},
                                                                  {"false,true", "'false'"},
                                                                  {"10.0.0.0/40", "'10.0.0.0/40'"}}) {
    const auto parsed = AddressPolicy::parse(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_THAT(parsed.error().message, testing::StartsWith(part));
  }
}

}  // namespace
}  // namespace imcaxy
