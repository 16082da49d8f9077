#include "gitdiff/repository.hpp"

#include <sys/stat.h>

#include <gtest/gtest.h>

#include "work_tree.hpp"

namespace imcaxy::gitdiff {
namespace {

using Files = std::map<std::string, Change>;

Filter everything() {
  return Filter::make({"."}, {}).value();
}
Filter pictures(const std::string& folder = "public") {
  return Filter::make({folder}, {R"((?i)\.(png|jpg)$)"}).value();
}

Files changed(const WorkTree& tree, const std::string& from, const Filter& filter = pictures()) {
  const auto repository = Repository::open(tree.path());
  if (!repository) throw std::runtime_error(repository.error().message);
  const auto changes = repository->changes(from, repository->head().value(), filter);
  if (!changes) throw std::runtime_error(changes.error().message);
  return changes->files;
}

TEST(Repository, TellsWhatWasAddedModifiedAndDeleted) {
  const WorkTree tree;
  tree.write("public/a.png", "1");
  tree.write("public/b.png", "1");
  tree.write("public/same.png", "1");
  const std::string known = tree.commit();
  tree.write("public/a.png", "2");
  std::filesystem::remove(tree.path("public/b.png"));
  tree.write("public/deep/c.JPG", "1");
  tree.write("public/readme.txt", "1");
  tree.write("private/d.png", "1");
  tree.commit();
  EXPECT_EQ(changed(tree, known), (Files{{"public/a.png", Change::modified},
                                         {"public/b.png", Change::deleted},
                                         {"public/deep/c.JPG", Change::added}}));
}

TEST(Repository, TellsBothNamesOfARenamedFile) {
  const WorkTree tree;
  tree.write("public/old.png", "the same bytes");
  const std::string known = tree.commit();
  tree.git("mv public/old.png public/new.png");
  tree.commit();
  EXPECT_EQ(changed(tree, known), (Files{{"public/new.png", Change::added}, {"public/old.png", Change::deleted}}));
}

TEST(Repository, ComparesNothingButCommits) {
  const WorkTree tree;
  tree.write("public/a.png", "1");
  const std::string known = tree.commit();
  tree.write("public/a.png", "not committed");
  EXPECT_EQ(changed(tree, known), Files{});
}

TEST(Repository, GivesNamesInTheirBytes) {
  const WorkTree tree;
  const std::string known = tree.commit();
  const std::vector<std::string> names{"public/two words.png",
                                       "public/gr\xc3\xbc\xc3\x9f"
                                       "e.png",
                                       "public/latin\xe4.png",
                                       "public/[a]*?.png",
                                       "public/\"quoted\".png",
                                       "public/tab\t.png"};
  Files expected;
  for (const std::string& name : names) {
    tree.write(name, "1");
    expected[name] = Change::added;
  }
  tree.commit();
  EXPECT_EQ(changed(tree, known), expected);
}

TEST(Repository, ComparesFoldersByTheirNamesAndNotAsPatterns) {
  const WorkTree tree;
  tree.write("[ab]/x.png", "1");
  tree.write("a/x.png", "1");
  const std::string known = tree.commit();
  tree.write("[ab]/x.png", "2");
  tree.write("a/x.png", "2");
  tree.commit();
  EXPECT_EQ(changed(tree, known, pictures("[ab]")), (Files{{"[ab]/x.png", Change::modified}}));
}

TEST(Repository, OverlooksWhatIsNoOtherPicture) {
  const WorkTree tree;
  tree.write("public/a.png", "1");
  const std::string known = tree.commit();
  ::chmod(tree.path("public/a.png").c_str(), 0755);
  const std::string executable = tree.commit();
  EXPECT_EQ(changed(tree, known), Files{});
  std::filesystem::remove(tree.path("public/a.png"));
  std::filesystem::create_symlink("b.png", tree.path("public/a.png"));
  tree.commit();
  EXPECT_EQ(changed(tree, executable), (Files{{"public/a.png", Change::modified}})) << "a file became a link";
}

TEST(Repository, SeesThroughMerges) {
  const WorkTree tree;
  tree.write("public/main.png", "1");
  tree.write("public/side.png", "1");
  const std::string known = tree.commit();
  tree.git("checkout -q -b side");
  tree.write("public/side.png", "2");
  tree.commit();
  tree.git("checkout -q main");
  tree.write("public/main.png", "2");
  tree.commit();
  tree.git("merge -q --no-edit side");
  EXPECT_EQ(changed(tree, known),
            (Files{{"public/main.png", Change::modified}, {"public/side.png", Change::modified}}));
}

TEST(Repository, SeesAWholeBranchThatWasMergedSinceACommitOfIt) {
  const WorkTree tree;
  tree.write("public/main.png", "1");
  tree.commit();
  tree.git("checkout -q -b side");
  tree.write("public/side.png", "2");
  const std::string known = tree.commit();
  tree.git("checkout -q main");
  tree.write("public/main.png", "2");
  tree.commit();
  tree.git("merge -q --no-edit side");
  EXPECT_EQ(changed(tree, known), (Files{{"public/main.png", Change::modified}}));
}

TEST(Repository, TellsWhatCameAndWent) {
  const WorkTree tree;
  tree.write("public/a.png", "1");
  const std::string known = tree.commit();
  tree.write("public/a.png", "2");
  tree.write("public/b.png", "1");
  tree.commit();
  tree.write("public/a.png", "1");
  std::filesystem::remove(tree.path("public/b.png"));
  tree.write("public/c.png", "1");
  tree.commit();
  EXPECT_EQ(
      changed(tree, known),
      (Files{{"public/a.png", Change::reverted}, {"public/b.png", Change::reverted}, {"public/c.png", Change::added}}));
}

TEST(Repository, GoesBackToAnOlderCommit) {
  const WorkTree tree;
  tree.write("public/a.png", "1");
  tree.commit();
  tree.write("public/a.png", "2");
  const std::string known = tree.commit();
  tree.git("checkout -q HEAD~1");
  EXPECT_EQ(changed(tree, known), (Files{{"public/a.png", Change::modified}}));
}

TEST(Repository, ListsEverythingWithoutACommitToCompareWith) {
  const WorkTree tree;
  tree.write("public/a.png", "1");
  tree.write("other/b.png", "1");
  const std::string head = tree.commit();
  const auto changes = Repository::open(tree.path())->changes(std::nullopt, head, pictures());
  ASSERT_TRUE(changes);
  EXPECT_EQ(changes->files, (Files{{"public/a.png", Change::added}}));
}

TEST(Repository, SkipsSubmodulesAndSaysSo) {
  const WorkTree tree, other;
  other.write("x.png", "1");
  other.commit();
  tree.write("public/a.png", "1");
  tree.commit();
  tree.git("submodule add -q '" + other.path() + "' public/shared");
  const std::string known = tree.commit();
  other.write("x.png", "2");
  const std::string moved = other.commit();
  tree.git("fetch -q origin", "public/shared");
  tree.git("checkout -q " + moved, "public/shared");
  const std::string head = tree.commit();
  const auto repository = Repository::open(tree.path());
  const auto changes = repository->changes(known, head, pictures());
  ASSERT_TRUE(changes) << changes.error().message;
  EXPECT_EQ(changes->files, Files{});
  EXPECT_EQ(changes->submodules, std::set<std::string>{"public/shared"});

  const auto within = repository->changes(known, head, pictures("public/shared/icons"));
  ASSERT_FALSE(within);
  EXPECT_NE(within.error().message.find("submodule 'public/shared'"), std::string::npos) << within.error().message;
}

TEST(Repository, TakesAChangedPointerOfLfsForAChangedPicture) {
  const WorkTree tree;
  const auto pointer = [](char digit) {
    return "version https://git-lfs.github.com/spec/v1\noid sha256:" + std::string(64, digit) + "\nsize 12345\n";
  };
  tree.write(".gitattributes", "*.png filter=lfs diff=lfs merge=lfs -text\n");
  tree.write("public/a.png", pointer('1'));
  tree.git("-c filter.lfs.clean= -c filter.lfs.smudge= -c filter.lfs.required=false add -A");
  const std::string known = tree.commit();
  tree.write("public/a.png", pointer('2'));
  tree.commit();
  EXPECT_EQ(changed(tree, known), (Files{{"public/a.png", Change::modified}}));
}

TEST(Repository, FindsCommitsByWhatPeopleCallThem) {
  const WorkTree tree;
  tree.write("a", "1");
  const std::string first = tree.commit();
  tree.git("tag -m release v1.0");
  const std::string second = tree.commit();
  const auto repository = Repository::open(tree.path());
  EXPECT_EQ(repository->find("v1.0").value(), first);
  EXPECT_EQ(repository->find("main~1").value(), first);
  EXPECT_EQ(repository->find(second.substr(0, 9)).value(), second);
  EXPECT_EQ(repository->head().value(), second);
  const auto blob = repository->find("HEAD:a");
  ASSERT_FALSE(blob);
  EXPECT_EQ(blob.error().status, 400);
}

TEST(Repository, TellsUnknownCommitsFromShallowClones) {
  const WorkTree tree;
  tree.write("public/a.png", "1");
  const std::string known = tree.commit();
  tree.write("public/a.png", "2");
  tree.commit();

  const auto full = Repository::open(tree.path())->find(std::string(40, 'a'));
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().status, 404);
  EXPECT_NE(full.error().message.find("history was rewritten"), std::string::npos) << full.error().message;

  const WorkTree place;
  place.git("clone -q --depth 1 'file://" + tree.path() + "' clone");
  const auto shallow = Repository::open(place.path("clone"));
  const auto missing = shallow->find(known);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().status, 404);
  EXPECT_NE(missing.error().message.find("fetch --unshallow"), std::string::npos) << missing.error().message;
  EXPECT_NE(missing.error().message.find("fetch-depth: 0"), std::string::npos) << missing.error().message;

  place.git("fetch -q --unshallow", "clone");
  EXPECT_EQ(Repository::open(place.path("clone"))->find(known).value(), known);
}

TEST(Repository, ComparesWithinAShallowClone) {
  const WorkTree tree, place;
  tree.commit();
  tree.write("public/a.png", "1");
  const std::string known = tree.commit();
  tree.write("public/a.png", "2");
  tree.commit();
  place.git("clone -q --depth 2 'file://" + tree.path() + "' clone");
  const auto repository = Repository::open(place.path("clone"));
  const auto changes = repository->changes(known, repository->head().value(), pictures());
  ASSERT_TRUE(changes) << changes.error().message;
  EXPECT_EQ(changes->files, (Files{{"public/a.png", Change::modified}}));
}

TEST(Repository, WorksWithoutTheFilesOfAPartialClone) {
  const WorkTree tree, place;
  tree.git("config uploadpack.allowFilter true");
  tree.write("public/a.png", "1");
  const std::string known = tree.commit();
  tree.write("public/a.png", "2");
  tree.commit();
  place.git("clone -q --no-checkout --filter=blob:none 'file://" + tree.path() + "' clone");
  const auto repository = Repository::open(place.path("clone"));
  ASSERT_TRUE(repository) << repository.error().message;
  const auto changes = repository->changes(known, repository->head().value(), pictures());
  ASSERT_TRUE(changes) << changes.error().message;
  EXPECT_EQ(changes->files, (Files{{"public/a.png", Change::modified}}));

  place.git("clone -q --no-checkout --filter=tree:0 'file://" + tree.path() + "' treeless");
  const auto treeless = Repository::open(place.path("treeless"));
  const auto nothing = treeless->changes(known, treeless->head().value(), pictures());
  ASSERT_FALSE(nothing);
  EXPECT_EQ(nothing.error().status, 404);
}

TEST(Repository, OpensBareOnesWorktreesAndFromBelow) {
  const WorkTree tree, place;
  tree.write("public/a.png", "1");
  const std::string head = tree.commit();
  place.git("clone -q --bare '" + tree.path() + "' bare.git");
  EXPECT_EQ(Repository::open(place.path("bare.git"))->head().value(), head);
  EXPECT_EQ(Repository::open(place.path("bare.git"))->root(), "");
  tree.git("worktree add -q '" + place.path("other") + "'");
  EXPECT_EQ(Repository::open(place.path("other"))->head().value(), head);
  EXPECT_EQ(Repository::open(tree.path("public"))->root(), tree.path() + "/");
}

TEST(Repository, SaysWhatItCanNotOpen) {
  const auto nothing = Repository::open("/nowhere");
  ASSERT_FALSE(nothing);
  EXPECT_EQ(nothing.error().status, 400);
  EXPECT_NE(nothing.error().message.find("/nowhere"), std::string::npos);
  const WorkTree empty;
  const auto head = Repository::open(empty.path())->head();
  ASSERT_FALSE(head);
  EXPECT_EQ(head.error().status, 404);
}

TEST(Repository, KnowsAMistypedFolder) {
  const WorkTree tree;
  tree.write("public/images/a.png", "1");
  const std::string known = tree.commit();
  tree.git("mv public/images public/pictures");
  const std::string head = tree.commit();
  const auto repository = Repository::open(tree.path());
  const auto typo = repository->changes(known, head, pictures("public/imags"));
  ASSERT_FALSE(typo);
  EXPECT_EQ(typo.error().status, 400);
  EXPECT_NE(typo.error().message.find("public/imags"), std::string::npos);
  EXPECT_TRUE(repository->changes(known, head, pictures("public/images"))) << "it was there";
}

TEST(Repository, ReadsNothingFromHostileNames) {
  const WorkTree tree;
  const std::string head = tree.commit();
  const auto repository = Repository::open(tree.path());
  for (const std::string name : {"", "--all", "../../etc/passwd", ":/", "a\nb"})
    EXPECT_FALSE(repository->find(name)) << name;
  EXPECT_FALSE(repository->changes("no hash", head, everything()));
}

}  // namespace
}  // namespace imcaxy::gitdiff
