// Originals from a folder of this machine.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "source/original.hpp"

namespace imcaxy::source {

/// A file as it is now.
struct FileRef {
  std::string name;     ///< below the folder, with slashes
  std::string version;  ///< changes when the file does
};

/// Nothing outside of it can be reached, also not by links. Immutable; thread-safe; every call blocks on the disk.
class Folder {
 public:
  /// An error says what to change.
  static Result<Folder> open(const std::string& path);

  /// `name` may begin with a slash. 400 in the words of Imaginary for what is no file in the folder.
  Result<FileRef> find(std::string_view name) const;

  /// The file's bytes; 400 also when there are more than `max_bytes`.
  Result<Original> read(const FileRef& file, std::uint64_t max_bytes) const;

 private:
  explicit Folder(std::filesystem::path root) : root_(std::move(root)) {}
  Result<std::filesystem::path> locate(std::string_view name) const;

  std::filesystem::path root_;  ///< absolute, without links
};

}  // namespace imcaxy::source
