// The invalidations of each project, as all nodes see them.
#include "cluster/records.hpp"

#include <gmock/gmock.h>

#include "unit/cluster/database.hpp"

namespace imcaxy::cluster {
namespace {

using namespace std::chrono_literals;

class RecordsTest : public test::DatabaseTest {
 protected:
  static cache::InvalidationModel model(const std::string& project, const std::string& commit, WallTime date) {
    return {.project_name = project,
            .commit_hash = commit,
            .date = date,
            .requested = {"http://a.example/1.png"},
            .done = {"http://a.example/1.png"},
            .images = {},
            .error = {}};
  }
};

TEST_F(RecordsTest, TellsTheHistoryOfEachProject) {
  Records records(mongo());
  ASSERT_TRUE(records.prepare());
  EXPECT_TRUE(records.projects(10)->empty());
  constexpr WallTime start(1785000000000ms);
  ASSERT_TRUE(records.save(model("shop", "one", start)));
  ASSERT_TRUE(records.save(model("blog", "two", start + 1s)));
  ASSERT_TRUE(records.save(model("shop", "three", start + 2s)));
  const auto projects = *records.projects(10);
  ASSERT_EQ(projects.size(), 2u);
  EXPECT_EQ(projects[0].name, "shop");
  EXPECT_EQ(projects[0].kept, 2);
  EXPECT_EQ(projects[0].latest, start + 2s);
  EXPECT_EQ(records.projects(1)->size(), 1u);
  const auto history = *records.history("shop");
  ASSERT_EQ(history.size(), 2u);
  EXPECT_EQ(history[0].commit_hash, "three");
  EXPECT_EQ(history[0].date, start + 2s);
  EXPECT_EQ(history[1].commit_hash, "one");
  EXPECT_TRUE(records.history("nobody's")->empty());
}

}  // namespace
}  // namespace imcaxy::cluster
