// The client with the real program, in its real sandbox.
#include "codec/client.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace imcaxy::codec {
namespace {

using namespace std::chrono_literals;
using wire::Trial;

constexpr Picture written_formats[] = {Picture::heif, Picture::jxl, Picture::jp2k};

Client& client() {
  static const auto opened = Client::open({.program = CODEC_PROGRAM, .max_children = 4});
  if (!opened) throw std::runtime_error(opened.error().message + " " + opened.error().cause);
  return **opened;
}

/// Red grows to the right, green downwards, blue is 128; a fourth band is 255 on the left and 0 on the right.
Client::Fill gradient(const Shape& shape) {
  return [shape](std::span<std::byte> room) -> Result<void> {
    std::size_t at = 0;
    for (int y = 0; y < shape.height; ++y)
      for (int x = 0; x < shape.width; ++x) {
        const int values[] = {255 * x / shape.width, 255 * y / shape.height, 128, x < shape.width / 2 ? 255 : 0};
        for (int band = 0; band < shape.bands; ++band) room[at++] = static_cast<std::byte>(values[band]);
      }
    return {};
  };
}

constexpr Shape rgb{160, 120, 3, 8, Space::srgb};

Bytes picture(Picture format, const Shape& shape = rgb, bool lossless = false) {
  auto made = client().encode(format, shape, gradient(shape), {.quality = 90, .lossless = lossless}, {});
  if (!made) throw std::runtime_error(made.error().message + " " + made.error().cause);
  return *made;
}

std::string red_square_pdf(int pages = 1, const std::string& content = "1 0 0 rg 0 0 72 72 re f") {
  std::string kids, objects;
  for (int i = 0; i < pages; ++i) {
    const std::string page = std::to_string(10 + 2 * i), stream = std::to_string(11 + 2 * i);
    kids += page + " 0 R ";
    objects += page + " 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 144 " + std::to_string(144 + 72 * i) +
               "]/Contents " + stream +
               " 0 R/Resources<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>" + "endobj\n" + stream +
               " 0 obj<</Length " + std::to_string(content.size()) + ">>stream\n" + content + "\nendstream endobj\n";
  }
  return "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[" + kids + "]/Count " +
         std::to_string(pages) + ">>endobj\n" + objects + "trailer<</Root 1 0 R>>\n";
}

std::vector<int> pixel(const Pixels& pixels, int x, int y) {
  const Shape& s = pixels.facts.shape;
  std::vector<int> out;
  for (int band = 0; band < s.bands; ++band)
    out.push_back(static_cast<unsigned char>(
        pixels.data
            .data()[(static_cast<std::size_t>(y) * static_cast<std::size_t>(s.width) + static_cast<std::size_t>(x)) *
                        static_cast<std::size_t>(s.bands) +
                    static_cast<std::size_t>(band)]));
  return out;
}

TEST(Codec, TellsWhatItCanDo) {
  for (const Picture format : {Picture::pdf, Picture::heif, Picture::jxl, Picture::jp2k, Picture::avif})
    EXPECT_TRUE(client().can_read(format)) << static_cast<int>(format);
  for (const Picture format : written_formats) EXPECT_TRUE(client().can_write(format)) << static_cast<int>(format);
  EXPECT_FALSE(client().can_write(Picture::pdf));
}

TEST(Codec, ReadsBackWhatItWrote) {
  for (const Picture format : written_formats) {
    for (const int bands : {3, 4}) {
      const Shape shape{160, 120, bands, 8, Space::srgb};
      const Bytes file = picture(format, shape);
      const auto facts = client().probe(format, file, {}, {});
      ASSERT_TRUE(facts) << facts.error().message << facts.error().cause;
      EXPECT_EQ(160, facts->shape.width);
      EXPECT_EQ(120, facts->shape.height);
      EXPECT_EQ(bands, facts->shape.bands);
      EXPECT_EQ(1, facts->pages);
      EXPECT_EQ(0, facts->orientation);
      const auto decoded = client().decode(format, file, {}, {});
      ASSERT_TRUE(decoded) << decoded.error().message << decoded.error().cause;
      const auto middle = pixel(*decoded, 40, 60);
      EXPECT_NEAR(63, middle[0], 8) << static_cast<int>(format);
      EXPECT_NEAR(127, middle[1], 8);
      EXPECT_NEAR(128, middle[2], 8);
      if (bands == 4) {
        EXPECT_NEAR(255, middle[3], 3);
      }
    }
  }
}

TEST(Codec, LosslessChangesNothing) {
  for (const Picture format : {Picture::jxl, Picture::jp2k}) {
    const auto decoded = client().decode(format, picture(format, rgb, true), {}, {});
    ASSERT_TRUE(decoded) << decoded.error().message;
    std::vector<std::byte> original(decoded->data.size());
    ASSERT_TRUE(gradient(rgb)(original));
    EXPECT_EQ(0, std::memcmp(original.data(), decoded->data.data(), original.size())) << static_cast<int>(format);
  }
}

TEST(Codec, RendersPagesOfPdfAtTheSizeThatIsNeeded) {
  const Bytes file = Bytes::adopt(red_square_pdf(2));
  const auto facts = client().probe(Picture::pdf, file, {}, {});
  ASSERT_TRUE(facts) << facts.error().message << facts.error().cause;
  EXPECT_EQ(144, facts->shape.width);
  EXPECT_EQ(144, facts->shape.height);
  EXPECT_EQ(2, facts->pages);

  const auto whole = client().decode(Picture::pdf, file, {}, {});
  ASSERT_TRUE(whole) << whole.error().message << whole.error().cause;
  EXPECT_EQ((std::vector{255, 0, 0, 255}), pixel(*whole, 10, 130));
  EXPECT_EQ((std::vector{255, 255, 255, 255}), pixel(*whole, 10, 10)) << "the paper is white";

  const auto large = client().decode(Picture::pdf, file, {.wanted_width = 720, .wanted_height = 720}, {});
  ASSERT_TRUE(large);
  EXPECT_EQ(720, large->facts.shape.width);
  EXPECT_EQ((std::vector{255, 0, 0, 255}), pixel(*large, 358, 362)) << "sharp: rendered, not blown up";
  EXPECT_EQ((std::vector{255, 255, 255, 255}), pixel(*large, 362, 358));

  const auto second = client().decode(Picture::pdf, file, {.page = 1}, {});
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(216, second->facts.shape.height);
  const auto dense = client().probe(Picture::pdf, file, {.dpi = 144}, {});
  ASSERT_TRUE(dense);
  EXPECT_EQ(288, dense->shape.width);
  const auto none = client().decode(Picture::pdf, file, {.page = 2}, {});
  ASSERT_FALSE(none);
  EXPECT_EQ(400, none.error().status);
}

TEST(Codec, DrawsTextWhoseFontIsNotInTheFile) {
  const Bytes file = Bytes::adopt(red_square_pdf(1, "BT /F 40 Tf 10 60 Td (Hello) Tj ET"));
  const auto page = client().decode(Picture::pdf, file, {}, {});
  ASSERT_TRUE(page) << page.error().message << page.error().cause;
  const std::string_view bytes = page->data.view();
  EXPECT_GT(std::ranges::count(bytes, '\0'), 300) << "black letters need a font of the system's";
}

TEST(Codec, SmallerReadingsOfJpeg2000) {
  const Shape shape{1024, 768, 3, 8, Space::srgb};
  const auto small =
      client().decode(Picture::jp2k, picture(Picture::jp2k, shape), {.wanted_width = 200, .wanted_height = 150}, {});
  ASSERT_TRUE(small) << small.error().message;
  EXPECT_EQ(256, small->facts.shape.width);
  EXPECT_EQ(192, small->facts.shape.height);
}

TEST(Codec, RefusesMorePixelsThanAllowed) {
  const auto decoded = client().decode(Picture::jxl, picture(Picture::jxl), {}, {.max_pixels = 1000});
  ASSERT_FALSE(decoded);
  EXPECT_EQ(400, decoded.error().status);
}

TEST(Sandbox, RefusesFilesSocketsProgramsAndWriting) {
  for (const Picture format : {Picture::jxl, Picture::pdf}) {
    for (const Trial trial : {Trial::read_file, Trial::write_file, Trial::write_descriptor}) {
      const auto tried = client().self_test(trial, format, {});
      ASSERT_TRUE(tried) << tried.error().message << tried.error().cause;
      EXPECT_TRUE(tried->starts_with("refused: ")) << static_cast<int>(trial) << *tried;
    }
    for (const Trial trial :
         {Trial::open_socket, Trial::run_program, Trial::start_process, Trial::signal_parent, Trial::map_executable}) {
      const auto tried = client().self_test(trial, format, {});
      ASSERT_FALSE(tried) << static_cast<int>(trial) << *tried;
      EXPECT_EQ("imcaxy-codec tried what its sandbox forbids", tried.error().cause) << static_cast<int>(trial);
    }
  }
  EXPECT_FALSE(std::filesystem::exists("/tmp/imcaxy-codec-was-here"));
}

TEST(Sandbox, EndsWhoTakesTooMuch) {
  const auto begin = Clock::now();
  const auto looped = client().self_test(Trial::loop, Picture::jxl, {.timeout = 500ms});
  EXPECT_LT(Clock::now() - begin, 5s);
  ASSERT_FALSE(looped);
  EXPECT_EQ(400, looped.error().status);
  EXPECT_NE(looped.error().cause.find("deadline"), std::string::npos) << looped.error().cause;

  const auto eaten = client().self_test(Trial::eat_memory, Picture::jxl, {});
  ASSERT_TRUE(eaten) << eaten.error().cause;
  EXPECT_EQ("refused: Cannot allocate memory", *eaten);
}

TEST(Codec, WorksOnNoMoreThanAllowedAtATime) {
  const auto narrow = Client::open({.program = CODEC_PROGRAM, .max_children = 1});
  ASSERT_TRUE(narrow);
  std::thread first([&] { (*narrow)->self_test(Trial::loop, Picture::jxl, {.timeout = 1500ms}); });
  std::this_thread::sleep_for(300ms);
  const auto second = (*narrow)->self_test(Trial::read_file, Picture::jxl, {.timeout = 300ms});
  EXPECT_EQ(503, second ? 0 : second.error().status);
  first.join();
  EXPECT_TRUE((*narrow)->self_test(Trial::read_file, Picture::jxl, {}));
}

/// Ids of the processes that this one started and that still are.
std::vector<pid_t> children_of_this() {
  std::vector<pid_t> out;
  for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream file(thread.path() / "children");
    for (pid_t pid = 0; file >> pid;) out.push_back(pid);
  }
  return out;
}

TEST(Codec, GoesOnAfterTheWaitingChildWasKilled) {
  const auto own = Client::open({.program = CODEC_PROGRAM});
  ASSERT_TRUE(own);
  const Bytes file = picture(Picture::jxl);
  ASSERT_TRUE((*own)->probe(Picture::jxl, file, {}, {}));
  std::this_thread::sleep_for(300ms);
  for (const pid_t child : children_of_this()) ::kill(child, SIGKILL);
  const auto facts = (*own)->probe(Picture::jxl, file, {}, {});
  EXPECT_TRUE(facts) << facts.error().message << facts.error().cause;
  EXPECT_TRUE(client().probe(Picture::jxl, file, {}, {}));
}

TEST(Codec, LeavesNoProcessBehind) {
  ASSERT_TRUE(client().probe(Picture::jxl, picture(Picture::jxl), {}, {}));  // has some that wait
  std::this_thread::sleep_for(300ms);
  const std::size_t before = children_of_this().size();
  {
    const auto own = Client::open({.program = CODEC_PROGRAM});
    ASSERT_TRUE(own);
    ASSERT_TRUE((*own)->probe(Picture::jxl, picture(Picture::jxl), {}, {}));
  }
  EXPECT_EQ(before, children_of_this().size());
}

TEST(Codec, NoProcessWaitsBeforeThereIsAJob) {
  const std::vector<pid_t> others = children_of_this();  // of the client that the tests share
  const auto own_children = [&] {
    return std::ranges::count_if(children_of_this(), [&](pid_t pid) { return !std::ranges::count(others, pid); });
  };
  const auto own = Client::open({.program = CODEC_PROGRAM});
  ASSERT_TRUE(own);
  std::this_thread::sleep_for(300ms);
  EXPECT_EQ(own_children(), 0);
  ASSERT_TRUE((*own)->probe(Picture::jxl, picture(Picture::jxl), {}, {}));
  const auto deadline = Clock::now() + 10s;
  while (own_children() < 2 && Clock::now() < deadline) std::this_thread::sleep_for(10ms);
  EXPECT_GE(own_children(), 2) << "the next ones are expected";
}

TEST(Codec, SaysWhenThereIsNoProgram) {
  const auto none = Client::open({.program = "/nowhere/imcaxy-codec"});
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().cause.find("No such file"), std::string::npos);
  const auto other = Client::open({.program = "/bin/true", .start_timeout = 3s});
  EXPECT_FALSE(other);
}

/// Of each format; IMCAXY_TEST_SEEDS sets another number, for a long run.
int damaged_pictures() {
  const char* given = std::getenv("IMCAXY_TEST_SEEDS");
  return given ? std::max(1, std::atoi(given)) : 40;
}

/// Each seed cuts a picture somewhere or turns some of its bits over.
TEST(Codec, SurvivesDamagedPictures) {
  const int seeds = damaged_pictures();
  const std::pair<Picture, Bytes> pictures[] = {
      {Picture::pdf, Bytes::adopt(red_square_pdf(1, "BT /F 40 Tf 10 60 Td (Hello) Tj ET"))},
      {Picture::heif, picture(Picture::heif)},
      {Picture::jxl, picture(Picture::jxl)},
      {Picture::jp2k, picture(Picture::jp2k)}};
  int read = 0;
  for (const auto& [format, file] : pictures)
    for (int seed = 0; seed < seeds; ++seed) {
      std::mt19937 random(static_cast<unsigned>(seed));
      std::string damaged(file.view());
      if (seed % 4 == 0) {
        damaged.resize(random() % damaged.size());
      } else {
        for (unsigned flips = 1 + random() % 8; flips > 0; --flips)
          damaged[random() % damaged.size()] ^= static_cast<char>(1u << random() % 8);
      }
      const auto begin = Clock::now();
      const auto decoded =
          client().decode(format, Bytes::adopt(std::move(damaged)), {}, {.max_pixels = 1'000'000, .timeout = 4s});
      EXPECT_LT(Clock::now() - begin, 5s) << static_cast<int>(format) << " " << seed;
      if (decoded) {
        ++read;
        continue;
      }
      EXPECT_EQ(400, decoded.error().status) << decoded.error().message << decoded.error().cause;
      // The filter's list is complete: also what a damaged picture makes a library do.
      EXPECT_EQ(decoded.error().cause.find("sandbox"), std::string::npos) << static_cast<int>(format) << " " << seed;
    }
  EXPECT_GT(read, seeds / 10) << "else only headers were damaged";
}

}  // namespace
}  // namespace imcaxy::codec
