// A request for a picture, read once at the edge.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "atproto/blob.hpp"
#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/hash.hpp"
#include "image/format.hpp"
#include "processor/imaginary/remote.hpp"
#include "processor/imaginary/request.hpp"
#include "processor/work.hpp"
#include "proxy/accept_class.hpp"
#include "proxy/client_hints.hpp"
#include "proxy/signature.hpp"
#include "source/folder.hpp"
#include "source/policy.hpp"

namespace imcaxy::proxy {

/// Where a picture comes from.
struct SourceRef {
  std::string url;  ///< normal form: what is fetched, and what an invalidation names; of an upload "body:<sha256>", of
                    ///< a file in the mounted folder "file:///name", of a blob "at://<did>/<cid>"
  std::string identity;                 ///< the URL, and a hash of what of its client is told to the source
  Key128 key;                           ///< of its bytes in the cache
  std::vector<std::string> headers;     ///< for the source, as `Name: value`
  std::optional<source::FileRef> file;  ///< instead of fetching
  std::optional<atproto::Blob> blob;    ///< fetched from its owner's server, wherever that is
};

/// Processor types, as entries keep them.
inline constexpr std::string_view imaginary_type = "imaginary", atproto_type = "atproto";

/// Immutable, shared by everything that works on it.
struct ImageRequest {
  std::string raw_request;                              ///< path and query as they came
  std::string processor = std::string(imaginary_type);  ///< names the words that the request is in
  std::string endpoint;                                 ///< "/resize"
  SourceRef source;
  Parameters parameters;  ///< as in the signature
  std::shared_ptr<const processor::Work> work;
  bool negotiated = false;       ///< the Accept header had a say
  AcceptClass accept_class = 0;  ///< of a negotiated request
  HintsWanted hints;             ///< what else the client has a say in
  HintClass hint_class;          ///< and what it said
  std::string client_lines;      ///< header lines of its answers because of both
  bool personal = false;         ///< the source is told something of this client
  bool uploaded = false;
  /// Whether the target, the class of the Accept header and that of the hints say all that it depends on.
  bool memorable = false;
  Bytes upload;  ///< the picture itself, where it came with the request
  std::string signature;
  Key128 key;
  std::string etag;  ///< with quotes; empty: made of the answer's bytes
  /// Pictures that are laid over this one, by the address that the request gives.
  std::map<std::string, Result<SourceRef>> marks;
};

using ImageRequestPtr = std::shared_ptr<const ImageRequest>;

/// What the HTTP request says, as far as it shapes the picture.
struct RawRequest {
  std::string_view target;     ///< path and query
  std::string_view operation;  ///< the path below `/imaginary/`, one that `find_operation` knows
  std::string_view query;
  std::string_view accept;
  std::vector<std::string> forwarded = {};  ///< of its headers, what the source is told: see RequestReader::forwarded
  HeaderOf header = {};                     ///< all of them
};

struct ReaderOptions {
  source::SourcePolicy policy;
  std::vector<std::string> forward_headers;  ///< names of headers that the source gets as they came
  std::string authorization;                 ///< what the source gets as Authorization, whoever asks
  bool forward_authorization = false;        ///< otherwise the client's X-Forward-Authorization, or its Authorization
  std::optional<source::Folder> folder;      ///< for `file`
  HintOptions hints;
  std::vector<image::Format> auto_formats;  ///< of answers whose request names none, at most 8; empty: the source's
  std::optional<processor::imaginary::QualityTargets> quality_targets = {};  ///< nothing: quality is always a number
  std::optional<std::chrono::milliseconds> deadline = {};  ///< for writing an answer in its best format
  processor::imaginary::Remote* remote = nullptr;          ///< who makes the answers; null: this process
};

/// Immutable; thread-safe.
class RequestReader {
 public:
  explicit RequestReader(ReaderOptions options) : options_(std::move(options)) {}

  /// `GET`, with the source in `url` or, where a folder is mounted, `file`.
  Result<ImageRequestPtr> read(const RawRequest& raw) const;

  /// `POST`, with the picture as the body, or as the field `file` of a form.
  Result<ImageRequestPtr> read_upload(const RawRequest& raw, std::string_view content_type, std::string body) const;

  /// Costs one pass over the header; requests of one target and class are equal.
  AcceptClass accept_class(std::string_view accept) const;
  ClientClass client_class(AcceptClass accepted) const { return proxy::client_class(options_.auto_formats, accepted); }

  /// What a client's headers come to where a request leaves that to them.
  HintClass hint_class(const HintsWanted& wanted, const HeaderOf& header) const {
    return proxy::hint_class(wanted, header, options_.hints);
  }

  /// Whether `read` looks at the mounted folder, which blocks on the disk.
  bool reads_folder(std::string_view query) const;

  /// Whether the source may be told something of its client.
  bool forwards() const { return options_.forward_authorization || !options_.forward_headers.empty(); }
  /// What it is told of this one, as `Name: value`. `header`: the request's headers by name.
  std::vector<std::string> forwarded(
      const std::function<std::optional<std::string_view>(std::string_view)>& header) const;
  /// The names of those headers, as Vary has them; empty when there are none.
  std::string forwarded_names() const;

  const std::optional<source::Folder>& folder() const { return options_.folder; }

 private:
  /// A request that is not all read yet.
  struct Draft {
    std::shared_ptr<ImageRequest> request;
    processor::imaginary::Request operation;
    http::Query query;
  };
  Draft begin(const RawRequest& raw, http::Query query) const;
  int take_hints(ImageRequest& request, const RawRequest& raw, http::Query& query) const;
  void aim(ImageRequest& request, processor::imaginary::Request& operation, int density) const;
  void negotiate(ImageRequest& request, processor::imaginary::Request& operation, std::string_view accept) const;
  SourceRef remote_source(const http::Url& url, const std::vector<std::string>& forwarded) const;
  Result<SourceRef> find_remote(std::string_view address, const std::vector<std::string>& forwarded) const;
  Result<SourceRef> find_file(std::string_view name) const;
  std::shared_ptr<const processor::Work> work_for(Draft& draft) const;
  Result<ImageRequestPtr> finish(Draft draft, const RawRequest& raw) const;

  const ReaderOptions options_;
};

}  // namespace imcaxy::proxy
