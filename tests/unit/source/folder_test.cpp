#include "source/folder.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include <gtest/gtest.h>

namespace imcaxy::source {
namespace {

namespace fs = std::filesystem;

class FolderTest : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(home / "pics/sub dir");
    fs::create_directories(home / "pics-other");
    write("pics/a.jpg", "picture");
    write("pics/sub dir/b c.jpg", "another");
    write("pics-other/private.jpg", "secret");
    write("secret.jpg", "secret");
  }
  void TearDown() override { fs::remove_all(home); }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(home / name, std::ios::binary) << text;
  }
  Folder folder() const { return *Folder::open((home / "pics").string()); }
  static Result<Original> read(const Folder& from, std::string_view name, std::uint64_t max_bytes = 100) {
    const auto file = from.find(name);
    if (!file) return std::unexpected(file.error());
    return from.read(*file, max_bytes);
  }

  const fs::path home = fs::temp_directory_path() / ("imcaxy-folder-" + std::to_string(::getpid()));
};

TEST_F(FolderTest, GivesItsFiles) {
  const Folder pics = folder();
  EXPECT_EQ(read(pics, "a.jpg")->body.view(), "picture");
  EXPECT_EQ(read(pics, "/a.jpg")->body.view(), "picture");
  EXPECT_EQ(read(pics, "//sub dir/../sub dir/b c.jpg")->body.view(), "another");
  EXPECT_EQ(pics.find("sub dir/./b c.jpg")->name, "sub dir/b c.jpg") << "one name for one file";
}

TEST_F(FolderTest, NothingElseCanBeReached) {
  const Folder pics = folder();
  fs::create_symlink(home / "secret.jpg", home / "pics/link.jpg");
  fs::create_directory_symlink(home, home / "pics/up");
  ASSERT_EQ(::mkfifo((home / "pics/pipe.jpg").c_str(), 0600), 0);
  for (const std::string_view name :
       {std::string_view("../secret.jpg"), std::string_view("../pics-other/private.jpg"),
        std::string_view("../../../../../../etc/passwd"), std::string_view("/etc/passwd"), std::string_view("link.jpg"),
        std::string_view("up/secret.jpg"), std::string_view("."), std::string_view(""), std::string_view("/"),
        std::string_view("sub dir"), std::string_view("missing.jpg"), std::string_view("a.jpg/"),
        std::string_view("a.jpg\0.png", 10), std::string_view("pipe.jpg"), std::string_view("..")}) {
    const auto found = pics.find(name);
    ASSERT_FALSE(found) << name;
    EXPECT_EQ(found.error(), (Error{400, "Invalid file path", ""})) << name;
  }
}

TEST_F(FolderTest, ALinkWithinIsFine) {
  fs::create_symlink("a.jpg", home / "pics/same.jpg");
  const Folder pics = folder();
  EXPECT_EQ(read(pics, "same.jpg")->body.view(), "picture");
  EXPECT_EQ(pics.find("same.jpg")->name, "a.jpg");
}

TEST_F(FolderTest, AVersionChangesWithTheFile) {
  const Folder pics = folder();
  const auto before = pics.find("a.jpg");
  EXPECT_EQ(pics.find("a.jpg")->version, before->version);
  write("pics/a.jpg", "PICTURE!");
  EXPECT_NE(pics.find("a.jpg")->version, before->version);
  EXPECT_EQ(pics.read(*before, 100)->body.view(), "PICTURE!") << "what is read is what is there";
}

TEST_F(FolderTest, ReadsNoMoreThanIsAllowed) {
  EXPECT_EQ(read(folder(), "a.jpg", 7)->body.view(), "picture");
  EXPECT_EQ(read(folder(), "a.jpg", 6).error().status, 400);
}

TEST_F(FolderTest, AFileThatWentIsAnError) {
  const Folder pics = folder();
  const auto file = pics.find("a.jpg");
  fs::remove(home / "pics/a.jpg");
  EXPECT_FALSE(pics.read(*file, 100));
  fs::create_symlink(home / "secret.jpg", home / "pics/a.jpg");
  EXPECT_FALSE(pics.read(*file, 100)) << "it became a way out";
}

TEST_F(FolderTest, OpensFoldersOnly) {
  for (const std::string& path : {(home / "missing").string(), (home / "pics/a.jpg").string(), std::string("/")}) {
    const auto opened = Folder::open(path);
    ASSERT_FALSE(opened) << path;
    EXPECT_TRUE(opened.error().message.starts_with("IMCAXY_MOUNT=" + path + ": ")) << opened.error().message;
  }
}

}  // namespace
}  // namespace imcaxy::source
