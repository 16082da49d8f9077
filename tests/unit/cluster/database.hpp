// One MongoDB-compatible server for all plays of a program, with an empty database for each.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "mongo/client.hpp"
#include "support/service.hpp"

namespace imcaxy::cluster::test {

class DatabaseTest : public ::testing::Test {
 protected:
  void SetUp() override {
    NEEDS_SERVICE(Mongo);
    static const auto server = std::make_unique<imcaxy::test::Mongo>();
    static int plays = 0;
    connection_string_ = server->connection_string();
    const std::string name = "/imcaxy?";
    connection_string_.replace(connection_string_.find(name), name.size(), "/play" + std::to_string(++plays) + "?");
    mongo_ = open();
  }

  /// As another node has it.
  std::unique_ptr<mongo::Client> open() const {
    auto client = mongo::Client::open({.connection_string = connection_string_});
    EXPECT_TRUE(client) << client.error().message;
    return std::move(*client);
  }
  mongo::Client& mongo() { return *mongo_; }

 private:
  std::string connection_string_;
  std::unique_ptr<mongo::Client> mongo_;
};

}  // namespace imcaxy::cluster::test
