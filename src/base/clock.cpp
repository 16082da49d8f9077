#include "base/clock.hpp"

#include <array>
#include <cctype>
#include <cstdio>

#include <fmt/format.h>

namespace imcaxy {
namespace {

using namespace std::chrono;

class SystemClock final : public Clock {
 public:
  WallTime now() const override { return floor<milliseconds>(system_clock::now()); }
};

constexpr std::array days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/// Digits of `text` at [at, at + count) as a number, -1 when one of them is none.
int number(std::string_view text, std::size_t at, std::size_t count) {
  int value = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    if (i >= text.size() || text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

std::optional<sys_seconds> assemble(int y, int mo, int d, int h, int mi, int s) {
  const year_month_day date{year{y}, month{static_cast<unsigned>(mo)}, day{static_cast<unsigned>(d)}};
  if (y < 0 || mo < 1 || d < 1 || !date.ok() || h < 0 || h > 23 || mi < 0 || mi > 59 || s < 0 || s > 60)
    return std::nullopt;
  const auto time = sys_seconds(sys_days(date)) + hours(h) + minutes(mi) + seconds(s);
  if (time >= sys_days(year{10000} / 1 / 1)) return std::nullopt;  // a leap second can lead there, and no text back
  return time;
}

struct Parts {
  year_month_day date;
  unsigned weekday;
  hh_mm_ss<milliseconds> time;
};

Parts split(WallTime time) {
  const auto midnight = floor<std::chrono::days>(time);
  return {year_month_day(midnight), weekday(midnight).c_encoding(), hh_mm_ss<milliseconds>(time - midnight)};
}

}  // namespace

const Clock& Clock::system() {
  static const SystemClock clock;
  return clock;
}

std::string to_rfc3339(WallTime time) {
  const Parts p = split(time);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(p.date.year()),
                     static_cast<unsigned>(p.date.month()), static_cast<unsigned>(p.date.day()), p.time.hours().count(),
                     p.time.minutes().count(), p.time.seconds().count(), p.time.subseconds().count());
}

std::optional<WallTime> from_rfc3339(std::string_view text) {
  if (text.size() != 24 || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':' ||
      text[19] != '.' || text[23] != 'Z')
    return std::nullopt;
  const auto whole = assemble(number(text, 0, 4), number(text, 5, 2), number(text, 8, 2), number(text, 11, 2),
                              number(text, 14, 2), number(text, 17, 2));
  const int ms = number(text, 20, 3);
  if (!whole || ms < 0) return std::nullopt;
  return WallTime(*whole) + milliseconds(ms);
}

std::string to_http_date(WallTime time) {
  const Parts p = split(time);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", days[p.weekday], static_cast<unsigned>(p.date.day()),
                     months[static_cast<unsigned>(p.date.month()) - 1], static_cast<int>(p.date.year()),
                     p.time.hours().count(), p.time.minutes().count(), p.time.seconds().count());
}

std::optional<sys_seconds> from_http_date(std::string_view text) {
  // "Sun, 06 Nov 1994 08:49:37 GMT"
  if (text.size() != 29 || text.substr(3, 2) != ", " || text.substr(25) != " GMT") return std::nullopt;
  int month_number = 0;
  for (std::size_t i = 0; i < months.size(); ++i)
    if (text.substr(8, 3) == months[i]) month_number = static_cast<int>(i) + 1;
  return assemble(number(text, 12, 4), month_number, number(text, 5, 2), number(text, 17, 2), number(text, 20, 2),
                  number(text, 23, 2));
}

}  // namespace imcaxy
