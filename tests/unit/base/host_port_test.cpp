#include "base/host_port.hpp"

#include <gtest/gtest.h>

namespace imcaxy {
namespace {

TEST(HostPort, NamesAndAddresses) {
  for (const auto& [text, host, port, address] :
       std::initializer_list<std::tuple<std::string, std::string, std::optional<std::uint16_t>, bool>>{
           {"minio:9000", "minio", 9000, false},
           {" MinIO.Example.com ", "minio.example.com", std::nullopt, false},
           {"127.0.0.1:9000", "127.0.0.1", 9000, true},
           {"10.1.2.3", "10.1.2.3", std::nullopt, true},
           {"[::1]:65535", "[::1]", 65535, true},
           {"[fd00::2]", "[fd00::2]", std::nullopt, true}}) {
    const auto parsed = parse_host_port(text);
    ASSERT_TRUE(parsed) << text << ": " << parsed.error().message;
    EXPECT_EQ(parsed->host, host);
    EXPECT_EQ(parsed->port, port) << text;
    EXPECT_EQ(parsed->is_address(), address) << text;
    EXPECT_EQ(*parse_host_port(parsed->text()), *parsed) << text;
  }
}

TEST(HostPort, MistakesAreToldWithTheirRepair) {
  for (const auto& [text, repair] : std::initializer_list<std::pair<std::string, std::string>>{
           {"http://127.0.0.1:9000", "leave out 'http://' and write '127.0.0.1:9000'"},
           {"https://minio.example.com/", "leave out 'https://' and write 'minio.example.com'"},
           {"minio:9000/bucket", "leave out '/bucket'"},
           {"::1", "in brackets"},
           {"", "127.0.0.1:9000"},
           {":9000", "a name"},
           {"minio:", "from 1 to 65535"},
           {"minio:0", "from 1 to 65535"},
           {"minio:65536", "from 1 to 65535"},
           {"minio:9000x", "from 1 to 65535"},
           {"min io:9000", "a name"},
           {"[::1:9000", "a name"},
           {"[::g]:1", "a name"},
           {std::string("min\0io", 6), "a name"}}) {
    const auto parsed = parse_host_port(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_NE(parsed.error().message.find(repair), std::string::npos) << parsed.error().message;
  }
  for (const char* text : {"user:secret@minio:9000", "http://user:secret@minio:9000"}) {
    const auto credentials = parse_host_port(text);
    ASSERT_FALSE(credentials);
    EXPECT_EQ(credentials.error().message.find("secret"), std::string::npos) << "it would end up in a log";
  }
}

TEST(ServiceUrl, IsHostAndPortOrAUrl) {
  EXPECT_EQ(parse_service_url("127.0.0.1:9000"), "http://127.0.0.1:9000");
  EXPECT_EQ(parse_service_url(" Imaginary:9000 "), "http://imaginary:9000");
  EXPECT_EQ(parse_service_url("[::1]:9000"), "http://[::1]:9000");
  EXPECT_EQ(parse_service_url("HTTPS://Images.Example.com"), "https://images.example.com");
  EXPECT_EQ(parse_service_url("http://host:1/"), "http://host:1");
  EXPECT_EQ(parse_service_url("http://host:1/a/b/"), "http://host:1/a/b");
}

TEST(ServiceUrl, SaysWhatIsWrong) {
  for (const auto& [text, word] :
       std::vector<std::pair<std::string, std::string>>{{"host", "the port is missing"},
                                                        {"", "the host is a name"},
                                                        {"http://", "the host is a name"},
                                                        {"ftp://host:1", "only http:// and https://"},
                                                        {"http://a:b@host:1", "credentials"},
                                                        {"http://host:1/a?b", "no query"},
                                                        {"http://host:0", "1 to 65535"}}) {
    const auto url = parse_service_url(text);
    ASSERT_FALSE(url) << text;
    EXPECT_NE(url.error().message.find(word), std::string::npos) << url.error().message;
  }
}

}  // namespace
}  // namespace imcaxy
