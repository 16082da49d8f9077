#include "audit_measure.hpp"

#include <atomic>
#include <cmath>
#include <mutex>
#include <set>
#include <thread>

#include <fmt/format.h>

#include "base/text.hpp"
#include "http/query.hpp"
#include "processor/imaginary/request.hpp"
#include "progress.hpp"
#include "wording.hpp"

namespace imcaxy::command {
namespace {

namespace imaginary = processor::imaginary;

/// What the server would be asked, word for word: equal ones are made once.
struct Question {
  std::string original;
  std::string accept, width, viewport, density;  ///< headers of the client; empty: not said

  auto operator<=>(const Question&) const = default;
};

Question question_of(const page::Choice& choice, const AuditClient& client) {
  const page::Screen& screen = client.viewer.screen;
  Question question{choice.original, std::string(client.accept), "", "", fmt::format("{}", screen.density)};
  if (choice.width) {
    question.width = fmt::format("{}", std::ceil(*choice.width * screen.density));
  } else {
    question.viewport = fmt::format("{}", screen.width);
  }
  return question;
}

/// The same words that a client would use: `width=auto`, and its hints.
Result<processor::Answer> answer_to(const Question& question, const Bytes& original, const AuditMeans& means) {
  const std::string query = "width=auto&url=" + http::percent_encode(question.original);
  const std::string target = "/imaginary/resize?" + query;
  proxy::RawRequest raw{target, "resize", query, question.accept};
  raw.header = [&](std::string_view name) -> std::optional<std::string_view> {
    const auto said = [](const std::string& value) {
      return value.empty() ? std::nullopt : std::optional<std::string_view>(value);
    };
    if (name == "Sec-CH-Width") return said(question.width);
    if (name == "Sec-CH-Viewport-Width") return said(question.viewport);
    if (name == "Sec-CH-DPR") return said(question.density);
    return std::nullopt;
  };
  const auto request = means.reader.read(raw);
  if (!request) return std::unexpected(request.error());
  const auto* const here = dynamic_cast<const imaginary::Native*>((*request)->work.get());
  if (!here) return fail(500, "pictures are not processed by this program");
  auto outcome = imaginary::process(here->request(), image::Source(original), {}, means.limits);
  if (!outcome) return std::unexpected(std::move(outcome.error().error));
  return std::move(*outcome);
}

/// Icons have formats that nobody here knows; a page of words instead of a picture has not.
Result<void> check_picture(const source::Original& now) {
  const std::string type = ascii_lower(trimmed(now.content_type));
  if (image::sniff(now.body.view()) != image::Format::unknown || type.starts_with("image/")) return {};
  return fail(400, fmt::format("it is no picture: its server calls it '{}'", shown(type)));
}

/// 0: nobody can tell.
std::int64_t pixels_of(const Bytes& picture, const image::Limits& limits) {
  const auto header = image::read_header(picture, limits, {.all = false, .page = {}});
  return header ? std::int64_t{header->size.width} * header->size.height : 0;
}

/// The largest form by what the page says, unless it is none: what is shown now must not lose pixels.
void settle_original(page::Choice& choice, const Downloads& downloads, const image::Limits& limits) {
  if (choice.original == choice.candidate.url) return;
  const Bytes &now = downloads.at(choice.candidate.url)->body, &original = downloads.at(choice.original)->body;
  if (pixels_of(now, limits) > pixels_of(original, limits)) choice.original = choice.candidate.url;
}

/// A drawing is as sharp at every size, and what can't be read is served as it is.
bool left_as_it_is(const Bytes& original) {
  const image::Format format = image::sniff(original.view());
  return format == image::Format::svg || !image::is_readable(format);
}

using Answers = std::map<Question, Result<processor::Answer>>;

/// On a few threads, in any order.
void answer_all(Answers& answers, const Downloads& downloads, const AuditMeans& means) {
  std::vector<Answers::value_type*> work;
  for (auto& answer : answers) work.push_back(&answer);
  std::atomic<std::size_t> next = 0, done = 0;
  std::mutex mutex;
  Progress progress("made", work.size(), Progress::when_it_takes_long);  // guarded by mutex
  const auto run = [&] {
    for (std::size_t i; (i = next++) < work.size();) {
      auto& [question, answer] = *work[i];
      if (std::chrono::steady_clock::now() < means.end)
        answer = answer_to(question, downloads.at(question.original)->body, means);
      std::lock_guard lock(mutex);
      progress.show(++done);
    }
  };
  std::vector<std::jthread> threads;
  for (unsigned i = 1; i < means.threads; ++i) threads.emplace_back(run);
  run();
}

class Failures {
 public:
  void add(const std::string& url, const Error& why) {
    if (seen_.insert(url).second) list_.push_back({url, plainly(why.message)});
  }
  std::vector<AuditFailure> take() { return std::move(list_); }

 private:
  /// Without what Imaginary puts around it, which says again what is said already.
  static std::string plainly(std::string_view message) {
    constexpr std::string_view before = "error fetching remote http image: ", behind = " (url=";
    if (message.starts_with(before)) message.remove_prefix(before.size());
    return std::string(message.substr(0, message.find(behind)));
  }

  std::set<std::string> seen_;
  std::vector<AuditFailure> list_;
};

}  // namespace

std::vector<std::array<std::optional<page::Choice>, audit_clients>> choices_of(const AuditPlan& plan) {
  std::vector<std::array<std::optional<page::Choice>, audit_clients>> out(plan.pictures.size());
  for (std::size_t i = 0; i < out.size(); ++i)
    for (std::size_t c = 0; c < audit_clients; ++c)
      out[i][c] = page::choose(plan.pictures[i].offers, all_audit_clients()[c].viewer);
  return out;
}

Audit measure(AuditPlan plan, const Downloads& downloads, const AuditMeans& means) {
  auto choices = choices_of(plan);
  Failures failures;
  Answers answers;
  for (auto& row : choices)
    for (std::size_t c = 0; c < audit_clients; ++c) {
      std::optional<page::Choice>& choice = row[c];
      if (!choice) continue;
      const auto& now = downloads.at(choice->candidate.url);
      const Result<void> right = now ? check_picture(*now) : std::unexpected(now.error());
      if (!right) {
        failures.add(choice->candidate.url, right.error());
        choice.reset();
        continue;
      }
      // A large form that is not there is no reason to say nothing of the small one that is.
      if (const auto& original = downloads.at(choice->original); !original) {
        failures.add(choice->original, original.error());
        choice->original = choice->candidate.url;
      }
      settle_original(*choice, downloads, means.limits);
      if (!left_as_it_is(downloads.at(choice->original)->body))
        answers.emplace(question_of(*choice, all_audit_clients()[c]),
                        fail(504, "it was not made before the time was over (--timeout)"));
    }
  answer_all(answers, downloads, means);

  Audit audit;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    AuditRow row{.kind = plan.pictures[i].kind, .original = {}, .sights = {}};
    for (std::size_t c = 0; c < audit_clients; ++c) {
      const auto& choice = choices[i][c];
      if (!choice) continue;
      const source::Original& now = *downloads.at(choice->candidate.url);
      AuditSight sight{choice->candidate.url,
                       choice->width,
                       now.body.size(),
                       now.body.size(),
                       std::string(image::mime_type(image::sniff(now.body.view()))),
                       {}};
      if (const auto answer = answers.find(question_of(*choice, all_audit_clients()[c])); answer != answers.end()) {
        if (!answer->second) {
          failures.add(choice->original, answer->second.error());
          continue;
        }
        sight.our_bytes = answer->second->body.size();
        sight.our_type = answer->second->mime_type;
        sight.our_size = answer->second->size;
      }
      row.original = choice->original;
      row.sights[c] = std::move(sight);
    }
    if (!row.original.empty()) audit.rows.push_back(std::move(row));
  }
  audit.plan = std::move(plan);
  audit.failures = failures.take();
  return audit;
}

}  // namespace imcaxy::command
