// SQLite's handles as values that clean up after themselves. Internal to the cache.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <sqlite3.h>

#include "base/error.hpp"

namespace imcaxy::cache {

/// A prepared statement; reset after each use by `run` or by the end of a loop over `next`.
class Statement {
 public:
  Statement() = default;
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}

  /// Parameters are counted from 1. Bound text has to live until the statement ran.
  Statement& bind(int index, std::string_view text) {
    sqlite3_bind_text64(statement_.get(), index, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
    return *this;
  }
  Statement& bind(int index, std::int64_t number) {
    sqlite3_bind_int64(statement_.get(), index, number);
    return *this;
  }
  /// Runs it to its end; false when that failed.
  bool run() {
    const int code = sqlite3_step(statement_.get());
    sqlite3_reset(statement_.get());
    return code == SQLITE_DONE || code == SQLITE_ROW;
  }

  enum class Step { row, end, error };
  Step next() {
    const int code = sqlite3_step(statement_.get());
    if (code == SQLITE_ROW) return Step::row;
    sqlite3_reset(statement_.get());
    return code == SQLITE_DONE ? Step::end : Step::error;
  }
  /// Columns of the row, counted from 0; valid until the next step.
  std::string_view text(int column) {
    const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
    return data ? std::string_view(data, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))) : "";
  }
  std::int64_t number(int column) { return sqlite3_column_int64(statement_.get(), column); }
  bool is_null(int column) { return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL; }
  /// Parameters back to NULL.
  void clear() { sqlite3_clear_bindings(statement_.get()); }

 private:
  struct End {
    void operator()(sqlite3_stmt* s) const { sqlite3_finalize(s); }
  };
  std::unique_ptr<sqlite3_stmt, End> statement_;
};

/// One connection, in WAL mode. Not thread-safe.
class Database {
 public:
  /// Opens or makes the file and runs `schema`. A file that is no database, or a damaged one, is an error of its own.
  static constexpr int damaged_status = 422;
  static Result<Database> open(const std::string& path, const char* schema) {
    sqlite3* handle = nullptr;
    const int code = sqlite3_open_v2(path.c_str(), &handle,
                                     SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
    Database database(handle);
    if (code != SQLITE_OK) return fail(500, "the database " + path + " can't be opened", sqlite3_errstr(code));
    sqlite3_busy_timeout(handle, 5000);
    if (!database.execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;") || !database.execute(schema)) {
      const int why = sqlite3_errcode(handle);
      const bool damaged = why == SQLITE_NOTADB || why == SQLITE_CORRUPT;
      return fail(damaged ? damaged_status : 500, "the database " + path + " can't be used", database.error());
    }
    return database;
  }

  bool execute(const char* sql) { return sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr) == SQLITE_OK; }
  Statement prepare(std::string_view sql) {
    sqlite3_stmt* statement = nullptr;
    sqlite3_prepare_v2(handle_.get(), sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
    return Statement(statement);
  }
  std::string error() const { return sqlite3_errmsg(handle_.get()); }

 private:
  struct End {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };
  explicit Database(sqlite3* handle) : handle_(handle) {}
  std::unique_ptr<sqlite3, End> handle_;
};

}  // namespace imcaxy::cache
