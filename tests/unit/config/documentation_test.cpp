#include <algorithm>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "config/options.hpp"
#include "config/show.hpp"

namespace imcaxy::config {
namespace {

TEST(Documentation, IsWhatTheTableOfOptionsSays) {
  std::ifstream file("docs/configuration.md", std::ios::binary);
  const std::string written{std::istreambuf_iterator<char>(file), {}};
  ASSERT_FALSE(written.empty())
      << "docs/configuration.md can't be read: run `make docs`, and tests in the project's root";
  EXPECT_TRUE(written == to_markdown()) << "docs/configuration.md is out of date: run `make docs`";
}

TEST(Documentation, HasARowForEachOption) {
  const std::string text = to_markdown();
  for (const Option& option : options()) {
    const std::size_t row = text.find("\n| `" + option.variable() + "` |");
    ASSERT_NE(row, text.npos) << option.variable();
    const std::string_view line = std::string_view(text).substr(row + 1, text.find('\n', row + 1) - row - 1);
    EXPECT_EQ(std::ranges::count(line, '|'), 5) << "a bar inside a cell would break the table: " << line;
  }
}

}  // namespace
}  // namespace imcaxy::config
