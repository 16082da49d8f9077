#include "config/load.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "config/options.hpp"
#include "config/show.hpp"

namespace imcaxy::config {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

using Values = std::map<std::string, std::string>;

/// With a folder of its own for the files that options name.
class ConfigTest : public testing::Test {
 protected:
  ConfigTest() {
    std::string pattern = testing::TempDir() + "imcaxy_config_XXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  ~ConfigTest() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name, std::ios::binary) << text;
    return path(name);
  }

  /// The file is written, too, when it has a text.
  Result<Loaded> load_from(Values flags, Values environment = {}, const std::string& toml = {}) const {
    return load({std::move(flags), std::move(environment), toml.empty() ? "" : write("imcaxy.toml", toml)});
  }
  Result<Loaded> load_environment(Values environment) const { return load_from({}, std::move(environment)); }
  Result<Loaded> load_toml(const std::string& toml) const { return load_from({}, {}, toml); }

 private:
  std::filesystem::path folder_;
};

std::string message_of(const Result<Loaded>& loaded) {
  return loaded ? "(no error)" : loaded.error().message;
}

constexpr std::string_view token = "IMCAXY_INVALIDATE_SECURITY_TOKEN";

// --- Precedence ---

struct Layered {
  const char* name;  ///< of the option
  const char* flag;
  const char* environment;
  const char* toml;
  std::string from_file;  ///< the value as `text_of` shows it
  std::string from_default;
};

class Precedence : public ConfigTest, public testing::WithParamInterface<Layered> {
 protected:
  void expect(const Result<Loaded>& loaded, const std::string& value, const std::string& origin) const {
    ASSERT_TRUE(loaded) << message_of(loaded);
    const auto option = std::ranges::find(options(), std::string_view(GetParam().name), &Option::name);
    ASSERT_NE(option, options().end());
    EXPECT_EQ(text_of(*option, loaded->config), value);
    if (origin.empty()) {
      EXPECT_THAT(loaded->origins, IsEmpty());
    } else {
      EXPECT_EQ(loaded->origins, (Values{{GetParam().name, origin}}));
    }
  }
};

TEST_P(Precedence, FlagThenEnvironmentThenFileThenDefault) {
  const Layered& c = GetParam();
  const Values flags{{c.name, c.flag}}, environment{{std::string("IMCAXY_") + c.name, c.environment}};
  expect(load_from(flags, environment, c.toml), c.flag, "flag");
  expect(load_from(flags, {}, c.toml), c.flag, "flag");
  expect(load_from({}, environment, c.toml), c.environment, "environment");
  expect(load_from({}, {}, c.toml), c.from_file, "file");
  expect(load_from({}, {}), c.from_default, "");
}

INSTANTIATE_TEST_SUITE_P(Kinds, Precedence,
                         testing::Values(Layered{"PORT", "1001", "1002", "port = 1003", "1003", "8080"},
                                         Layered{"MAX_SOURCE_MEGAPIXELS", "1.5", "2.5", "max_source_megapixels = 3.5",
                                                 "3.5", "50"},
                                         Layered{"HTTP_CACHE_TTL", "1", "2", "http_cache_ttl = 3", "3", ""},
                                         Layered{"DATA_DIR", "/flag", "/env", "data_dir = '/file'", "/file", "./data"},
                                         Layered{"ALLOWED_DOMAINS", "a.test,b.test", "c.test",
                                                 "allowed_domains = ['d.test', 'e.test']", "d.test,e.test", ""}),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST_F(ConfigTest, EachOptionHasItsOwnOrigin) {
  const auto loaded = load_from({{"PORT", "1"}}, {{"IMCAXY_BIND", "::"}}, "log_level = 'debug'");
  ASSERT_TRUE(loaded) << message_of(loaded);
  EXPECT_EQ(loaded->origins, (Values{{"PORT", "flag"}, {"BIND", "environment"}, {"LOG_LEVEL", "file"}}));
}

TEST_F(ConfigTest, AListOfOneLayerReplacesThatOfAnother) {
  const auto loaded = load_from({}, {{"IMCAXY_ALLOWED_DOMAINS", " a.test , ,b.test,"}}, "allowed_domains = ['c.test']");
  ASSERT_TRUE(loaded) << message_of(loaded);
  EXPECT_THAT(loaded->config.allowed_domains, ElementsAre("a.test", "b.test"));
}

TEST_F(ConfigTest, NothingGivenIsTheDefaults) {
  const auto loaded = load({});
  ASSERT_TRUE(loaded) << message_of(loaded);
  EXPECT_THAT(loaded->origins, IsEmpty());
  EXPECT_THAT(loaded->warnings, IsEmpty());
  for (const Option& option : options()) EXPECT_EQ(text_of(option, loaded->config), text_of(option, Config{}));
}

TEST_F(ConfigTest, AnEmptyVariableTakesAwayWhatTheFileSays) {
  const auto loaded =
      load_from({}, {{"IMCAXY_HTTP_CACHE_TTL", ""}, {"IMCAXY_ALLOWED_DOMAINS", ""}, {"IMCAXY_ACCESS_LOG", ""}},
                "http_cache_ttl = 5\nallowed_domains = ['a.test']");
  ASSERT_TRUE(loaded) << message_of(loaded);
  EXPECT_EQ(loaded->config.http_cache_ttl, std::nullopt);
  EXPECT_THAT(loaded->config.allowed_domains, IsEmpty());
  EXPECT_EQ(loaded->config.access_log, "");
}

TEST_F(ConfigTest, AnOptionalNumberTellsZeroFromUnset) {
  const auto loaded = load_environment({{"IMCAXY_HTTP_CACHE_TTL", "0"}});
  ASSERT_TRUE(loaded) << message_of(loaded);
  EXPECT_EQ(loaded->config.http_cache_ttl, 0);
}

TEST_F(ConfigTest, BlanksAroundValuesDoNotCount) {
  const auto loaded =
      load_environment({{"IMCAXY_PORT", " 9000\n"}, {"IMCAXY_LOG_LEVEL", "\tdebug "}, {"IMCAXY_DATA_DIR", " /a b "}});
  ASSERT_TRUE(loaded) << message_of(loaded);
  EXPECT_EQ(loaded->config.port, 9000);
  EXPECT_EQ(loaded->config.log_level, "debug");
  EXPECT_EQ(loaded->config.data_dir, "/a b");
}

// --- PORT, as many platforms set it ---

TEST_F(ConfigTest, PortWorksWithoutThePrefix) {
  const auto loaded = load_from({}, {{"PORT", "9000"}}, "port = 9001");
  ASSERT_TRUE(loaded) << message_of(loaded);
  EXPECT_EQ(loaded->config.port, 9000);
  EXPECT_EQ(loaded->origins, (Values{{"PORT", "environment"}}));
  EXPECT_THAT(loaded->warnings, IsEmpty());
}

TEST_F(ConfigTest, PortWithThePrefixWins) {
  const auto loaded = load_environment({{"PORT", "9000"}, {"IMCAXY_PORT", "9002"}});
  ASSERT_TRUE(loaded) << message_of(loaded);
  EXPECT_EQ(loaded->config.port, 9002);
}

TEST_F(ConfigTest, NoOtherOptionWorksWithoutThePrefix) {
  const auto loaded = load_environment({{"BIND", "::1"}, {"DATA_DIR", "/elsewhere"}});
  ASSERT_TRUE(loaded) << message_of(loaded);
  EXPECT_THAT(loaded->origins, IsEmpty());
  EXPECT_THAT(loaded->warnings, IsEmpty());
}

// --- Values that are not allowed ---

struct Bad {
  const char* test;
  const char* name;
  const char* value;
  const char* allowed;  ///< part of the message
};

class BadValue : public ConfigTest, public testing::WithParamInterface<Bad> {};

TEST_P(BadValue, StopsAndNamesVariableValueAndWhatIsAllowed) {
  const Bad& c = GetParam();
  const std::string assignment = std::string("IMCAXY_") + c.name + "=" + c.value;
  const auto from_environment = load_environment({{std::string("IMCAXY_") + c.name, c.value}});
  EXPECT_THAT(message_of(from_environment), StartsWith(assignment + " (environment) is not allowed; it has to be "));
  EXPECT_THAT(message_of(from_environment), HasSubstr(c.allowed));

  const auto from_flag = load_from({{c.name, c.value}});
  EXPECT_THAT(message_of(from_flag), AllOf(StartsWith(assignment + " (flag) "), HasSubstr(c.allowed)));

  std::string key(c.name);
  for (char& letter : key) letter = static_cast<char>(std::tolower(letter));
  const auto from_file = load_toml(key + " = '" + c.value + "'");
  EXPECT_THAT(message_of(from_file), AllOf(StartsWith(assignment + " (file) "), HasSubstr(c.allowed)));
}

constexpr const char* port_range = "a whole number from 0 to 65535 (port)";
constexpr const char* megapixel_range = "a number from 0.01 to 100000 (megapixels)";
constexpr const char* prefix_shape = "empty, or a path such as /api/v1";
constexpr const char* bind_shape = "an IP address, 0.0.0.0 for all of IPv4";
constexpr const char* private_shape = "false, true, or a list of address ranges: ";

INSTANTIATE_TEST_SUITE_P(
    Kinds, BadValue,
    testing::Values(
        Bad{"above", "PORT", "65536", port_range}, Bad{"below", "PORT", "-1", port_range},
        Bad{"word", "PORT", "http", port_range}, Bad{"empty", "PORT", "", port_range},
        Bad{"trailing", "PORT", "80 81", port_range}, Bad{"unit", "PORT", "80k", port_range},
        Bad{"fraction", "PORT", "80.5", port_range}, Bad{"hexadecimal", "PORT", "0x50", port_range},
        Bad{"plus", "PORT", "+80", port_range}, Bad{"overflow", "PORT", "99999999999999999999", port_range},
        Bad{"least", "MAX_CONNECTIONS", "0", "from 1 to 1000000 (connections)"},
        Bad{"large", "MAX_BODY_BYTES", "1000000000001", "from 0 to 1000000000000 (bytes)"},
        Bad{"optional", "HTTP_CACHE_TTL", "-1", "a whole number from 0 to 31556926 (seconds)"},
        Bad{"megapixels", "MAX_SOURCE_MEGAPIXELS", "0", megapixel_range},
        Bad{"infinite", "MAX_SOURCE_MEGAPIXELS", "inf", megapixel_range},
        Bad{"not_a_number", "MAX_SOURCE_MEGAPIXELS", "nan", megapixel_range},
        Bad{"choice", "LOG_LEVEL", "verbose", "one of: debug, info, warn, error, off"},
        Bad{"choice_case", "FALLBACK", "Original", "one of: original, none"},
        Bad{"choice_empty", "LOG_FORMAT", "", "one of: text, json"},
        Bad{"bits", "ALLOW_PRIVATE_SOURCES", "10.0.0.0/33", "'10.0.0.0/33' is no address range"},
        Bad{"second_range", "ALLOW_PRIVATE_SOURCES", "10.0.0.0/8, fd00::/x", "'fd00::/x' is no address range"},
        Bad{"yes", "ALLOW_PRIVATE_SOURCES", "yes", private_shape},
        Bad{"true_in_list", "ALLOW_PRIVATE_SOURCES", "true,10.0.0.0/8", private_shape},
        Bad{"host_name", "BIND", "localhost", bind_shape}, Bad{"bind_port", "BIND", "127.0.0.1:80", bind_shape},
        Bad{"bind_empty", "BIND", "", bind_shape}, Bad{"no_slash", "PATH_PREFIX", "api", prefix_shape},
        Bad{"slash_at_end", "PATH_PREFIX", "/api/", prefix_shape}, Bad{"just_slash", "PATH_PREFIX", "/", prefix_shape},
        Bad{"truth", "RETURN_SIZE", "yes", "true or false"}, Bad{"truth_empty", "RETURN_SIZE", "", "true or false"},
        Bad{"auto_format", "AUTO_FORMAT", "webp,png", "avif, webp, jxl and jpeg"},
        Bad{"header_name", "FORWARD_HEADERS", "X-Good,X Bad", "'X Bad'"},
        Bad{"header_of_connection", "FORWARD_HEADERS", "Content-Length", "none of those that belong to the connection"},
        Bad{"no_folder", "DATA_DIR", "", "a path"}, Bad{"blank_folder", "DATA_DIR", "  ", "a path"}),
    [](const auto& tested) { return std::string(tested.param.test); });

TEST_F(ConfigTest, APortWithoutThePrefixIsChecked) {
  EXPECT_THAT(message_of(load_environment({{"PORT", "web"}})), AllOf(HasSubstr("PORT=web"), HasSubstr(port_range)));
}

TEST_F(ConfigTest, BothEndsOfARangeAreAllowed) {
  for (const char* port : {"0", "65535"}) EXPECT_TRUE(load_environment({{"IMCAXY_PORT", port}})) << port;
  for (const char* size : {"0.01", "100000", "1e3"})
    EXPECT_TRUE(load_environment({{"IMCAXY_MAX_SOURCE_MEGAPIXELS", size}})) << size;
}

TEST_F(ConfigTest, AllowedShapesOfAddressesAndPaths) {
  for (const char* value : {"", "true", "false", "10.0.0.0/8,fd00::/8", "192.168.1.1"})
    EXPECT_TRUE(load_environment({{"IMCAXY_ALLOW_PRIVATE_SOURCES", value}})) << value;
  for (const char* value : {"0.0.0.0", "::", "::1", "127.0.0.1"})
    EXPECT_TRUE(load_environment({{"IMCAXY_BIND", value}})) << value;
  for (const char* value : {"", "/api", "/api/v1"})
    EXPECT_TRUE(load_environment({{"IMCAXY_PATH_PREFIX", value}})) << value;
}

// --- Names that nobody knows ---

TEST_F(ConfigTest, AMistypedVariableIsReportedWithTheNearestName) {
  const auto loaded = load_environment({{"IMCAXY_DATA_DRI", "/elsewhere"}});
  ASSERT_TRUE(loaded) << message_of(loaded);
  EXPECT_THAT(loaded->warnings, ElementsAre("the variable IMCAXY_DATA_DRI is not known and has no effect; "
                                            "did you mean IMCAXY_DATA_DIR?"));
  EXPECT_EQ(loaded->config.data_dir, Config{}.data_dir);
}

TEST_F(ConfigTest, OnlyASecretHasAFileVariable) {
  const auto loaded = load_environment({{"IMCAXY_BIND_FILE", "/nowhere"}});
  ASSERT_TRUE(loaded) << message_of(loaded);
  EXPECT_THAT(loaded->warnings, ElementsAre(StartsWith("the variable IMCAXY_BIND_FILE is not known")));
}

TEST_F(ConfigTest, ANameLikeNoOtherGetsNoProposal) {
  const auto loaded = load_environment({{"IMCAXY_ZZZZZZZZZZZZZZZZZZZZZZZZ", "1"}});
  ASSERT_TRUE(loaded) << message_of(loaded);
  EXPECT_THAT(loaded->warnings,
              ElementsAre("the variable IMCAXY_ZZZZZZZZZZZZZZZZZZZZZZZZ is not known and has no effect"));
}

TEST_F(ConfigTest, VariablesOfOthersAreNoConcern) {
  const auto loaded = load_environment({{"HOME", "/root"}, {"IMCAXYPORT", "1"}, {"imcaxy_port", "1"}});
  ASSERT_TRUE(loaded) << message_of(loaded);
  EXPECT_THAT(loaded->warnings, IsEmpty());
  EXPECT_EQ(loaded->config.port, Config{}.port);
}

TEST_F(ConfigTest, AMistypedKeyOfTheFileIsReportedWithTheNearestName) {
  const auto loaded = load_toml("max_frame = 7\nport = 9000");
  ASSERT_TRUE(loaded) << message_of(loaded);
  EXPECT_THAT(loaded->warnings,
              ElementsAre("the key max_frame is not known and has no effect; did you mean max_frames?"));
  EXPECT_EQ(loaded->config.max_frames, Config{}.max_frames);
  EXPECT_EQ(loaded->config.port, 9000);
}

TEST_F(ConfigTest, ATableInTheFileIsAnUnknownKey) {
  const auto loaded = load_toml("[cache]\ndata_dir = '/x'");
  ASSERT_TRUE(loaded) << message_of(loaded);
  EXPECT_THAT(loaded->warnings, ElementsAre(StartsWith("the key cache is not known and has no effect")));
}

// --- The file ---

TEST_F(ConfigTest, TomlTypes) {
  const auto loaded = load_toml(R"(
    # a comment
    port = 9_000
    max_header_bytes = 0x8000
    max_source_megapixels = 12.5
    data_dir = "/var/\u00e4"
    allow_private_sources = true
    allowed_domains = ["*.example.com", "cdn.test"]
    allowed_origins = []
  )");
  ASSERT_TRUE(loaded) << message_of(loaded);
  const Config& config = loaded->config;
  EXPECT_EQ(config.port, 9000);
  EXPECT_EQ(config.max_header_bytes, 0x8000);
  EXPECT_EQ(config.max_source_megapixels, 12.5);
  EXPECT_EQ(config.data_dir, "/var/\xC3\xA4");
  EXPECT_EQ(config.allow_private_sources, "true");
  EXPECT_THAT(config.allowed_domains, ElementsAre("*.example.com", "cdn.test"));
  EXPECT_THAT(config.allowed_origins, IsEmpty());
}

TEST_F(ConfigTest, TomlTypesThatStandForAnother) {
  const auto loaded = load_toml(R"(
    port = "9000"
    max_source_megapixels = 12
    allow_private_sources = ["10.0.0.0/8", "fd00::/8"]
    allowed_domains = "a.test, b.test"
  )");
  ASSERT_TRUE(loaded) << message_of(loaded);
  const Config& config = loaded->config;
  EXPECT_EQ(config.port, 9000);
  EXPECT_EQ(config.max_source_megapixels, 12);
  EXPECT_EQ(config.allow_private_sources, "10.0.0.0/8,fd00::/8");
  EXPECT_THAT(config.allowed_domains, ElementsAre("a.test", "b.test"));
}

TEST_F(ConfigTest, TomlTypesWithoutMeaningAreRefused) {
  for (const char* value : {"1979-05-27", "{a = 1}", "[[1]]", "[{a = 1}]"})
    EXPECT_THAT(message_of(load_toml(std::string("data_dir = ") + value)),
                AllOf(HasSubstr(path("imcaxy.toml")), HasSubstr("data_dir has to be a text, a number or a list")))
        << value;
}

TEST_F(ConfigTest, AFractionIsNoWholeNumber) {
  EXPECT_THAT(message_of(load_toml("port = 80.5")),
              AllOf(StartsWith("IMCAXY_PORT=80.5 (file) "), HasSubstr(port_range)));
}

TEST_F(ConfigTest, ASyntaxErrorNamesFileAndLine) {
  EXPECT_THAT(message_of(load_toml("port = 9000\n\nbind = = 1\n")), StartsWith(path("imcaxy.toml") + ":3: "));
  EXPECT_THAT(message_of(load_toml("port = 9000\nport = 9001\n")),
              AllOf(StartsWith(path("imcaxy.toml") + ":2: "), HasSubstr("port")));
}

TEST_F(ConfigTest, AFileThatIsNotThereIsAnError) {
  EXPECT_EQ(message_of(load({{}, {}, path("none.toml")})),
            "the file '" + path("none.toml") + "' can't be read: No such file or directory");
  EXPECT_THAT(message_of(load({{}, {}, path("")})), HasSubstr("can't be read")) << "a folder";
}

TEST_F(ConfigTest, AnEmptyFileSaysNothing) {
  const auto loaded = load({{}, {}, write("empty.toml", "")});
  ASSERT_TRUE(loaded) << message_of(loaded);
  EXPECT_THAT(loaded->origins, IsEmpty());
}

// --- Secrets ---

TEST_F(ConfigTest, ASecretIsMasked) {
  const auto loaded = load_environment({{std::string(token), "hunter2"}});
  ASSERT_TRUE(loaded) << message_of(loaded);
  EXPECT_EQ(loaded->config.invalidate_security_token, "hunter2");
  EXPECT_THAT(to_text(*loaded), AllOf(HasSubstr(std::string(token) + "=***"), Not(HasSubstr("hunter2"))));
  EXPECT_THAT(to_json(*loaded), Not(HasSubstr("hunter2")));
  EXPECT_EQ(nlohmann::json::parse(to_json(*loaded))[token]["value"], "***");
}

TEST_F(ConfigTest, NoSecretIsNotMasked) {
  const auto loaded = load({});
  ASSERT_TRUE(loaded) << message_of(loaded);
  EXPECT_EQ(nlohmann::json::parse(to_json(*loaded))[token]["value"], "");
  EXPECT_THAT(to_text(*loaded), Not(HasSubstr("***")));
}

TEST_F(ConfigTest, ASecretIsReadFromAFileAndTrimmed) {
  const std::string file = write("secret", " \n hunter 2\r\n\n");
  const auto loaded =
      load_from({}, {{std::string(token) + "_FILE", file}}, "invalidate_security_token = 'of the file'");
  ASSERT_TRUE(loaded) << message_of(loaded);
  EXPECT_EQ(loaded->config.invalidate_security_token, "hunter 2");
  EXPECT_EQ(loaded->origins, (Values{{"INVALIDATE_SECURITY_TOKEN", "environment"}}));
  EXPECT_THAT(loaded->warnings, IsEmpty());
}

TEST_F(ConfigTest, AnEmptyFileOfASecretIsAnUnsetSecret) {
  const auto loaded = load_environment({{std::string(token) + "_FILE", write("secret", "")}});
  ASSERT_TRUE(loaded) << message_of(loaded);
  EXPECT_EQ(loaded->config.invalidate_security_token, "");
}

TEST_F(ConfigTest, ASecretsFileThatIsNotThereIsAnError) {
  EXPECT_EQ(message_of(load_environment({{std::string(token) + "_FILE", path("none")}})),
            std::string(token) + "_FILE: the file '" + path("none") + "' can't be read: No such file or directory");
}

TEST_F(ConfigTest, ASecretTwiceIsAnErrorThatShowsNeither) {
  const std::string file = write("secret", "of the file");
  const auto loaded = load_environment({{std::string(token), "hunter2"}, {std::string(token) + "_FILE", file}});
  EXPECT_EQ(message_of(loaded), "set " + std::string(token) + " or " + std::string(token) + "_FILE, not both");
}

TEST_F(ConfigTest, ErrorsShowNoSecret) {
  EXPECT_THAT(message_of(load_environment({{std::string(token), "hunter2"}, {"IMCAXY_PORT", "x"}})),
              AllOf(HasSubstr("IMCAXY_PORT"), Not(HasSubstr("hunter2"))));
  EXPECT_THAT(message_of(load_toml("invalidate_security_token = {value = 'hunter2'}")),
              AllOf(HasSubstr("invalidate_security_token has to be"), Not(HasSubstr("hunter2"))));
}

// The parser likes to show what it could not read.
TEST_F(ConfigTest, SyntaxErrorsShowNoSecret) {
  for (const std::string secret :
       {"hunter2", "topsecret", "false_friend", "notes", "inside", "987654321098765432109876543210",
        "0xfedcba98765432100123456789", "2024-13-45", "'unfinished", "\"unfinished"}) {
    const std::string message = message_of(load_toml("port = 9000\ninvalidate_security_token = " + secret + "\n"));
    EXPECT_THAT(message, StartsWith(path("imcaxy.toml") + ":2: "));
    EXPECT_THAT(message, Not(HasSubstr(secret)));
    EXPECT_THAT(message, Not(HasSubstr(secret.substr(1)))) << "without its quote";
  }
}

TEST_F(ConfigTest, OtherSyntaxErrorsAreExplained) {
  EXPECT_THAT(message_of(load_toml("invalidate_security_token = 'x'\nport = 99999999999999999999\n")),
              AllOf(StartsWith(path("imcaxy.toml") + ":2: "), HasSubstr("99999999999999999999")));
}

// --- Rules between options ---

TEST_F(ConfigTest, ATargetIsPartOfTheHeader) {
  EXPECT_EQ(message_of(load_environment({{"IMCAXY_MAX_TARGET_BYTES", "20000"}})),
            "IMCAXY_MAX_TARGET_BYTES=20000 is more than IMCAXY_MAX_HEADER_BYTES=16384, which includes it");
  EXPECT_THAT(message_of(load_from({}, {{"IMCAXY_MAX_TARGET_BYTES", "5000"}}, "max_header_bytes = 4999")),
              HasSubstr("IMCAXY_MAX_HEADER_BYTES=4999"))
      << "whichever layer they come from";
  EXPECT_TRUE(load_environment({{"IMCAXY_MAX_TARGET_BYTES", "20000"}, {"IMCAXY_MAX_HEADER_BYTES", "20000"}}));
}

TEST_F(ConfigTest, TruthsAreSpelledInTwoWays) {
  for (const auto& [text, value] :
       {std::pair{"true", true}, {"1", true}, {"TRUE", true}, {"false", false}, {"0", false}}) {
    const auto loaded = load_environment({{"IMCAXY_RETURN_SIZE", text}});
    ASSERT_TRUE(loaded) << message_of(loaded);
    EXPECT_EQ(loaded->config.return_size, value) << text;
  }
}

TEST_F(ConfigTest, SecretsAreCheckedButNotTold) {
  const std::string short_key = message_of(load_environment({{"IMCAXY_URL_SIGNATURE_KEY", "short"}}));
  EXPECT_THAT(short_key, AllOf(StartsWith("IMCAXY_URL_SIGNATURE_KEY=***"), HasSubstr("32 characters or more")));
  const std::string two_lines = message_of(load_environment({{"IMCAXY_AUTHORIZATION", "a\r\nX-Evil: b"}}));
  EXPECT_THAT(two_lines, AllOf(HasSubstr("one line of text"), Not(HasSubstr("Evil"))));
}

TEST_F(ConfigTest, APlaceholdersStatusIsOneOfAnAnswer) {
  EXPECT_THAT(message_of(load_environment({{"IMCAXY_PLACEHOLDER_STATUS", "199"}})), HasSubstr("0 or from 200 to 599"));
  for (const char* status : {"0", "200", "404", "599"})
    EXPECT_TRUE(load_environment({{"IMCAXY_PLACEHOLDER_STATUS", status}})) << status;
}

TEST_F(ConfigTest, ACertificateNeedsItsKeyAndTheOtherWayRound) {
  EXPECT_EQ(message_of(load_environment({{"IMCAXY_TLS_CERT", "/c.pem"}})),
            "IMCAXY_TLS_CERT is set, but IMCAXY_TLS_KEY is missing: HTTPS needs both, plain HTTP none of them");
  EXPECT_EQ(message_of(load_toml("tls_key = '/k.pem'")),
            "IMCAXY_TLS_KEY is set, but IMCAXY_TLS_CERT is missing: HTTPS needs both, plain HTTP none of them");
  EXPECT_TRUE(load_from({{"TLS_CERT", "/c.pem"}}, {{"IMCAXY_TLS_KEY", "/k.pem"}}));
}

// --- The table ---

TEST(ConfigOptions, NamesAreUnique) {
  std::set<std::string> variables;
  for (const Option& option : options()) {
    EXPECT_TRUE(variables.insert(option.variable()).second) << option.variable();
  }
}

TEST(ConfigOptions, SpellingsOfAName) {
  const auto option = std::ranges::find(options(), "MAX_SOURCE_BYTES", &Option::name);
  ASSERT_NE(option, options().end());
  EXPECT_EQ(option->variable(), "IMCAXY_MAX_SOURCE_BYTES");
  EXPECT_EQ(option->flag(), "--max-source-bytes");
  EXPECT_EQ(option->key(), "max_source_bytes");
}

TEST(ConfigOptions, TheDefaultsAreAllowed) {
  const Config defaults;
  for (const Option& option : options()) {
    Config config;
    const auto assigned = assign(option, text_of(option, defaults), config);
    ASSERT_TRUE(assigned) << option.name << ": " << assigned.error().message;
    EXPECT_EQ(text_of(option, config), text_of(option, defaults)) << option.name;
  }
}

TEST(ConfigOptions, EachHasAMemberOfItsOwn) {
  for (const Option& option : options()) {
    Config config;
    const std::map<std::string_view, std::string> shaped{{"BIND", "::1"},
                                                         {"ALLOW_PRIVATE_SOURCES", "true"},
                                                         {"URL_SIGNATURE_KEY", std::string(32, 'k')},
                                                         {"FORWARD_HEADERS", "X-Token"},
                                                         {"AUTO_FORMAT", "webp,jxl"},
                                                         {"WIDTHS", "100,200"},
                                                         {"QUALITY_TARGETS", "high=90"},
                                                         {"NETWORK_HINTS", "ect"},
                                                         {"IMAGINARY_SERVICE_URL", "x:9000"},
                                                         {"MONGO_CONNECTION_STRING", "mongodb://x/y"},
                                                         {"MINIO_ENDPOINT", "x:9000"},
                                                         {"IMAGE_PROXY_PLC_URL", "http://x"}};
    const bool truth = std::holds_alternative<bool Config::*>(option.member);
    const std::string other = truth                        ? "true"
                              : !option.choices.empty()    ? std::string(option.choices.back())
                              : option.most > option.least ? "1024"
                                                           : "/x";
    const std::string value = shaped.contains(option.name)            ? shaped.at(option.name)
                              : option.most > 0 && option.most < 1024 ? "13"
                                                                      : other;
    ASSERT_TRUE(assign(option, value, config)) << option.name;
    for (const Option& another : options())
      EXPECT_EQ(text_of(another, config), another.name == option.name ? value : text_of(another, Config{}))
          << option.name << " and " << another.name;
  }
}

// --- What is shown ---

TEST_F(ConfigTest, ShowsValuesAndOrigins) {
  const auto loaded = load_from({{"PORT", "1"}}, {{"IMCAXY_ALLOWED_DOMAINS", "a.test,b.test"}}, "bind = '::1'");
  ASSERT_TRUE(loaded) << message_of(loaded);
  const auto json = nlohmann::json::parse(to_json(*loaded));
  EXPECT_EQ(json.size(), options().size());
  EXPECT_EQ(json["IMCAXY_PORT"], nlohmann::json({{"value", "1"}, {"origin", "flag"}}));
  EXPECT_EQ(json["IMCAXY_ALLOWED_DOMAINS"], nlohmann::json({{"value", "a.test,b.test"}, {"origin", "environment"}}));
  EXPECT_EQ(json["IMCAXY_BIND"], nlohmann::json({{"value", "::1"}, {"origin", "file"}}));
  EXPECT_EQ(json["IMCAXY_LOG_LEVEL"], nlohmann::json({{"value", "info"}, {"origin", "default"}}));

  const std::string text = to_text(*loaded);
  EXPECT_EQ(std::ranges::count(text, '\n'), std::ssize(options()));
  EXPECT_THAT(text, testing::ContainsRegex("IMCAXY_PORT=1 +flag\n"));
  EXPECT_THAT(text, testing::ContainsRegex("IMCAXY_LOG_LEVEL=info +default\n"));
}

TEST_F(ConfigTest, AValueThatIsNotUtf8CanBeShown) {
  const auto loaded = load_environment({{"IMCAXY_DATA_DIR", "/tmp/\xff"}});
  ASSERT_TRUE(loaded) << message_of(loaded);
  EXPECT_EQ(nlohmann::json::parse(to_json(*loaded))["IMCAXY_DATA_DIR"]["value"], "/tmp/\xEF\xBF\xBD");
}

// --- The process ---

TEST(ProcessEnvironment, HasNamesAndValues) {
  ASSERT_EQ(setenv("IMCAXY_TEST_OF_ENVIRONMENT", "a=b=c", 1), 0);
  const auto environment = process_environment();
  unsetenv("IMCAXY_TEST_OF_ENVIRONMENT");
  ASSERT_TRUE(environment.contains("IMCAXY_TEST_OF_ENVIRONMENT"));
  EXPECT_EQ(environment.at("IMCAXY_TEST_OF_ENVIRONMENT"), "a=b=c");
  EXPECT_FALSE(process_environment().contains("IMCAXY_TEST_OF_ENVIRONMENT"));
}

}  // namespace
}  // namespace imcaxy::config
