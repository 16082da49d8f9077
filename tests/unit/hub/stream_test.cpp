#include <latch>
#include <thread>

#include <gtest/gtest.h>

#include "hub/data_hub.hpp"
#include "hub/reader.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

namespace imcaxy::hub {
namespace {

using namespace std::chrono_literals;
using TextStream = Stream<std::string>;

/// Reads a stream to its end on an event loop of its own.
struct ReadAll {
  std::string head, body;
  std::optional<Error> error;
  std::size_t chunks = 0;
};

ReadAll read_all(std::shared_ptr<TextStream> stream, std::chrono::milliseconds patience = 20s,
                 std::chrono::milliseconds pause = 0ms) {
  ReadAll result;
  asio::io_context io(1);
  asio::co_spawn(
      io,
      [&, reader = Reader<std::string>(stream)]() mutable -> Task<void> {
        const auto head = co_await reader.head(patience);
        if (!head) {
          result.error = head.error();
          co_return;
        }
        result.head = **head;
        for (;;) {
          const auto chunk = co_await reader.next(patience);
          if (!chunk) {
            result.error = chunk.error();
            co_return;
          }
          if (chunk->empty()) co_return;
          result.body += chunk->view();
          ++result.chunks;
          std::this_thread::sleep_for(pause);
        }
      },
      [](std::exception_ptr e) {
        if (e) std::rethrow_exception(e);
      });
  io.run();
  return result;
}

TEST(Stream, CompleteIsSeenWholeOrNotAtAll) {
  Stream<int> stream;
  int woken = 0;
  stream.wait_beyond(std::nullopt, [&] {
    ++woken;
    Bytes chunk;
    EXPECT_TRUE(stream.ended());
    EXPECT_EQ(stream.chunk(0, chunk), Progress::data);
    EXPECT_EQ(chunk.view(), "body");
    EXPECT_EQ(stream.length(), 4u);
  });
  stream.complete(7, Bytes::copy("body"));
  EXPECT_EQ(woken, 1);
  Bytes chunk;
  EXPECT_EQ(stream.chunk(1, chunk), Progress::finished);
  stream.fail({500, "late", ""});
  EXPECT_FALSE(stream.error());
}

TEST(Stream, ALateReaderGetsEveryByteFromTheStart) {
  auto stream = std::make_shared<TextStream>();
  stream->open("image/png");
  stream->append(Bytes::copy("one "));
  stream->append(Bytes::copy("two"));
  stream->finish();
  const ReadAll late = read_all(stream);
  EXPECT_EQ(late.head, "image/png");
  EXPECT_EQ(late.body, "one two");
  EXPECT_EQ(stream->length(), 7u);
}

TEST(Stream, ReadersThatCameBeforeTheFirstByteGetThemAll) {
  auto stream = std::make_shared<TextStream>();
  std::vector<ReadAll> results(8);
  {
    std::vector<std::jthread> readers;
    for (ReadAll& result : results) readers.emplace_back([&] { result = read_all(stream); });
    std::this_thread::sleep_for(20ms);
    stream->open("h", 6);
    for (const char* part : {"a", "bc", "def"}) {
      std::this_thread::sleep_for(2ms);
      stream->append(Bytes::copy(part));
    }
    stream->finish();
  }
  for (const ReadAll& result : results) EXPECT_EQ(result.body, "abcdef");
}

TEST(Stream, AnErrorReachesEveryReaderAfterTheBytesThatCameBeforeIt) {
  auto stream = std::make_shared<TextStream>();
  stream->open("h");
  stream->append(Bytes::copy("part"));
  ReadAll early;
  {
    std::jthread reader([&] { early = read_all(stream); });
    std::this_thread::sleep_for(10ms);
    stream->fail({502, "the origin hung up", ""});
  }
  const ReadAll late = read_all(stream);
  for (const ReadAll* result : std::initializer_list<const ReadAll*>{&early, &late}) {
    EXPECT_EQ(result->body, "part");
    ASSERT_TRUE(result->error);
    EXPECT_EQ(result->error->status, 502);
  }
}

TEST(Stream, NothingChangesAfterTheEnd) {
  auto stream = std::make_shared<TextStream>();
  stream->open("h");
  stream->finish();
  stream->append(Bytes::copy("late"));
  stream->fail({500, "late", ""});
  const ReadAll result = read_all(stream);
  EXPECT_EQ(result.body, "");
  EXPECT_FALSE(result.error);
}

TEST(Stream, ASlowReaderDoesNotSlowTheOthers) {
  auto stream = std::make_shared<TextStream>();
  stream->open("h");
  ReadAll slow;
  std::jthread slow_reader([&] { slow = read_all(stream, 20s, 20ms); });
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 20; ++i) stream->append(Bytes::copy("x"));
  stream->finish();
  const ReadAll fast = read_all(stream);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 200ms);
  EXPECT_EQ(fast.body.size(), 20u);
  slow_reader.join();
  EXPECT_EQ(slow.body.size(), 20u);
}

TEST(Stream, PatienceEndsWithAGatewayTimeout) {
  auto stream = std::make_shared<TextStream>();
  const ReadAll result = read_all(stream, 20ms);
  ASSERT_TRUE(result.error);
  EXPECT_EQ(result.error->status, 504);
}

TEST(DataHub, OneOfManyBecomesTheProducerAndAllReadTheSame) {
  DataHub<std::string> hub;
  const Key128 key = hash128("key");
  constexpr int half = 32;
  std::atomic<int> productions = 0;
  std::vector<ReadAll> results(2 * half);
  std::latch early(half), all(2 * half), begun(1);  // the second half comes when the body is there already
  {
    std::vector<std::jthread> clients;
    for (int i = 0; i < 2 * half; ++i)
      clients.emplace_back([&, i, late = i >= half] {
        if (late) begun.wait();
        auto joined = hub.join(key);
        std::jthread producer;
        if (joined.production)
          producer = std::jthread([&, production = std::move(*joined.production)]() mutable {
            ++productions;
            early.wait();
            production.stream().open("head");
            production.stream().append(Bytes::copy("body"));
            begun.count_down();
            all.wait();
            production.stream().finish();
          });
        if (!late) early.count_down();
        all.count_down();
        results[static_cast<std::size_t>(i)] = read_all(joined.stream);
      });
  }
  EXPECT_EQ(productions, 1);
  for (const ReadAll& result : results) EXPECT_EQ(result.body, "body");
  EXPECT_EQ(hub.running(), 0u);
}

TEST(DataHub, AProductionThatIsDroppedGivesAnErrorNotAHang) {
  DataHub<std::string> hub;
  auto joined = hub.join(hash128("key"));
  joined.production.reset();
  const ReadAll result = read_all(joined.stream);
  ASSERT_TRUE(result.error);
  EXPECT_EQ(result.error->status, 500);
  EXPECT_TRUE(hub.join(hash128("key")).production);
}

TEST(DataHub, MemoryGoesWhenTheLastReaderIsGone) {
  DataHub<std::string> hub;
  std::weak_ptr<TextStream> watched;
  {
    auto joined = hub.join(hash128("key"));
    watched = joined.stream;
    Reader<std::string> reader(std::move(joined.stream));
    joined.production->stream().finish();
    joined.production.reset();
    EXPECT_FALSE(watched.expired());
  }
  EXPECT_TRUE(watched.expired());
}

}  // namespace
}  // namespace imcaxy::hub
