#include "server/status_handler.hpp"

#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <thread>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "config/version.hpp"
#include "image/library.hpp"
#include "server/dashboard/json.hpp"

namespace imcaxy::server {
namespace {

using nlohmann::ordered_json;

/// Megabytes with two decimals, as Imaginary rounds them.
double megabytes(double bytes) {
  return static_cast<double>(static_cast<long long>(bytes / 1048576 * 100)) / 100;
}

double resident_bytes() {
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  if (!file) return 0;
  long total = 0, resident = 0;
  const int fields = std::fscanf(file, "%ld %ld", &total, &resident);
  std::fclose(file);
  return fields == 2 ? static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE)) : 0;
}

http::Response fresh(http::Response response) {
  response.add("Cache-Control", "no-store");
  return response;
}

}  // namespace

StatusHandler::StatusHandler(const Metrics& metrics, std::function<std::vector<Reading>()> readings, Missing missing)
    : metrics_(metrics), readings_(std::move(readings)), missing_(std::move(missing)) {}

http::Response StatusHandler::health() const {
  const struct mallinfo2 heap = mallinfo2();
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const double resident = resident_bytes(), in_use = static_cast<double>(image::memory_bytes());
  const auto uptime = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - started_);
  ordered_json body;
  body["uptime"] = uptime.count();
  body["allocatedMemory"] = megabytes(in_use);
  body["totalAllocatedMemory"] = megabytes(static_cast<double>(image::memory_peak_bytes()));
  body["goroutines"] = std::thread::hardware_concurrency();
  body["completedGCCycles"] = 0;
  body["cpus"] = std::thread::hardware_concurrency();
  body["maxHeapUsage"] = megabytes(static_cast<double>(usage.ru_maxrss) * 1024);
  body["heapInUse"] = megabytes(resident);
  body["objectsInUse"] = heap.hblks;
  body["OSMemoryObtained"] = megabytes(resident);
  const std::vector<std::string> missing = missing_();
  body["status"] = !ready_ ? "starting or stopping" : missing.empty() ? "ok" : "degraded";
  if (!missing.empty()) body["missing"] = missing;
  body["version"] = version_text;
  return fresh(http::Response::json(200, body.dump()));
}

http::Response StatusHandler::ready() const {
  if (!ready_) return fresh(http::Response::text(503, "starting or stopping\n"));
  // What is there is served without the rest, so this is no reason to send nobody here.
  std::string text = "ready\n";
  for (const std::string& part : missing_()) text += "without " + part + "\n";
  return fresh(http::Response::text(200, text));
}

http::Response StatusHandler::metrics() const {
  http::Response response;
  response.add("Content-Type", "text/plain; version=0.0.4; charset=utf-8").add("Cache-Control", "no-store");
  response.body = Bytes::adopt(metrics_.text(readings_()));
  return response;
}

http::Response StatusHandler::stats() const {
  ordered_json body;
  body["uptimeSeconds"] =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - started_).count();
  body["requests"] = metrics_.requests();
  for (std::size_t i = 0; i < cache_result_names.size(); ++i)
    body["cache"][std::string(cache_result_names[i])] = metrics_.requests(static_cast<CacheResult>(i));
  body["sentBytes"] = metrics_.bytes_sent();
  body["savings"] = to_json(metrics_.savings());
  for (const Reading& r : readings_()) {
    std::string name(r.name);
    if (!r.label_value.empty()) name += "/" + std::string(r.label_value);
    body["figures"][name] = r.value;
  }
  return fresh(http::Response::json(200, body.dump()));
}

http::Response StatusHandler::version() const {
  return fresh(
      http::Response::json(200, ordered_json{{"imcaxy", version_text}, {"libvips", image::library_version()}}.dump()));
}

http::Response StatusHandler::imaginary_index() const {
  const ordered_json body{{"imaginary", version_text}, {"bimg", version_text}, {"libvips", image::library_version()}};
  return fresh(http::Response::json(200, body.dump()));
}

http::Response StatusHandler::form() const {
  struct Example {
    std::string_view title, operation, query;
  };
  static constexpr Example examples[] = {
      {"Resize", "resize", "width=300&height=200&type=jpeg"},
      {"Crop", "crop", "width=300&quality=95"},
      {"Smart crop", "crop", "width=300&height=260&gravity=smart"},
      {"Extract", "extract", "top=100&left=100&areawidth=300&areaheight=150"},
      {"Enlarge", "enlarge", "width=1440&height=900&quality=95"},
      {"Rotate", "rotate", "rotate=180"},
      {"Turn upright", "autorotate", ""},
      {"Flip", "flip", ""},
      {"Flop", "flop", ""},
      {"Thumbnail", "thumbnail", "width=100"},
      {"Zoom", "zoom", "factor=2&areawidth=300&top=80&left=80"},
      {"Grey", "resize", "width=400&colorspace=bw"},
      {"Watermark", "watermark", "textwidth=100&text=Hello&opacity=0.5&color=255,200,50"},
      {"Convert", "convert", "type=png"},
      {"Information", "info", ""},
      {"Blur", "blur", "sigma=15"},
      {"Pipeline", "pipeline",
       "operations=%5B%7B%22operation%22:%22crop%22,%22params%22:%7B%22width%22:300,%22height%22:260%7D%7D,"
       "%7B%22operation%22:%22convert%22,%22params%22:%7B%22type%22:%22webp%22%7D%7D%5D"}};
  std::string body =
      "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>Imcaxy: try an upload</title>"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"></head>\n<body>\n<h1>Try an "
      "upload</h1>\n";
  for (const Example& e : examples)
    body += fmt::format(
        "<form method=\"post\" action=\"{0}?{1}\" enctype=\"multipart/form-data\"><h2>{2}</h2>"
        "<label>Picture <input type=\"file\" name=\"file\" required></label> <button>{2}</button> "
        "<code>{0}?{1}</code></form>\n",
        e.operation, e.query, e.title);
  http::Response response;
  response.add("Content-Type", "text/html; charset=utf-8").add("Cache-Control", "no-cache");
  response.add("Content-Security-Policy", "default-src 'none'; form-action 'self'");
  response.body = Bytes::adopt(body + "</body>\n</html>\n");
  return response;
}

}  // namespace imcaxy::server
