// An event loop, a client and a programmable server: the stage of the plays.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <future>
#include <string>
#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "atproto/blob.hpp"
#include "base/hash.hpp"
#include "http/client.hpp"
#include "support/origin.hpp"

namespace imcaxy::atproto {

using namespace std::chrono_literals;

inline const std::string alice = "did:plc:ewvi7nxzyoun6zhxrhs64oiz", bob = "did:plc:z72i7hdynmk6r22z27h6tvur";

inline Did did(const std::string& text) {
  return *parse_did(text, true);
}

/// The CID of a blob, as its owner's server makes it.
inline std::string cid_of(const std::string& blob) {
  static constexpr std::string_view alphabet = "abcdefghijklmnopqrstuvwxyz234567";
  std::string bytes("\x01\x55\x12\x20");
  const std::string hex = sha256_hex(blob);
  for (std::size_t i = 0; i < hex.size(); i += 2)
    bytes.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  std::string out = "b";
  unsigned bits = 0, count = 0;
  for (const unsigned char byte : bytes) {
    bits = bits << 8 | byte;
    for (count += 8; count >= 5; count -= 5) out += alphabet[bits >> (count - 5) & 31];
  }
  if (count > 0) out += alphabet[bits << (5 - count) & 31];
  return out;
}

inline std::string document(const std::string& id, const std::string& pds) {
  return fmt::format(
      R"({{"id":"{}","service":[{{"id":"#other","type":"Other","serviceEndpoint":"https://other.example"}},)"
      R"({{"id":"#atproto_pds","type":"AtprotoPersonalDataServer","serviceEndpoint":"{}"}}]}})",
      id, pds);
}

class Stage : public testing::Test {
 protected:
  ~Stage() override {
    guard.reset();
    thread.join();
  }

  template <class T>
  std::future<T> start(Task<T> task) {
    return asio::co_spawn(io, std::move(task), asio::use_future);
  }
  template <class T>
  T run(Task<T> task) {
    return start(std::move(task)).get();
  }

  test::Origin directory, server;
  http::Client client{{.addresses = *AddressPolicy::parse("true")}};
  boost::asio::io_context io{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard{io.get_executor()};
  std::thread thread{[this] { io.run(); }};
};

}  // namespace imcaxy::atproto
