#include "image/workpiece.hpp"

#include <algorithm>
#include <cmath>

#include "image/as_it_came.hpp"
#include "image/colour.hpp"
#include "image/content.hpp"
#include "image/encode.hpp"
#include "image/frames.hpp"
#include "image/gain_map.hpp"
#include "image/marks.hpp"
#include "image/prediction/pace.hpp"
#include "image/reduced_picture.hpp"
#include "image/resize.hpp"
#include "image/rows.hpp"
#include "image/score/scorer.hpp"
#include "image/vips_call.hpp"

namespace imcaxy::image {
namespace {

using vips::VImage;

/// The turn and mirror that EXIF's orientation asks for: first clockwise, then left to right.
struct Turn {
  int rotate = 0;
  bool mirror = false;
};

Turn turn_of(int orientation) {
  switch (orientation) {
    case 2:
      return {0, true};
    case 3:
      return {180, false};
    case 4:
      return {180, true};
    case 5:
      return {90, true};
    case 6:
      return {90, false};
    case 7:
      return {270, true};
    case 8:
      return {270, false};
    default:
      return {};
  }
}

VImage rotated(VImage image, int degrees) {
  switch (degrees) {
    case 90:
      return image.rot(VIPS_ANGLE_D90);
    case 180:
      return image.rot(VIPS_ANGLE_D180);
    case 270:
      return image.rot(VIPS_ANGLE_D270);
    default:
      return image;
  }
}

VImage turned(VImage image, const Header& header, const Edit& edit) {
  const Turn exif = edit.upright ? turn_of(header.orientation) : Turn{};
  const bool turns = exif.rotate != 0 || exif.mirror || edit.rotate != 0 || edit.flip || edit.flop;
  if (!turns) return image;
  // Other than top to bottom: all rows have to be there.
  image = each_frame(in_memory(image), [&](VImage frame) {
    frame = rotated(frame, exif.rotate);
    if (exif.mirror) frame = frame.fliphor();
    frame = rotated(frame, edit.rotate);
    if (edit.flip) frame = frame.fliphor();
    if (edit.flop) frame = frame.flipver();
    return frame;
  });
  if (edit.upright && exif.rotate + exif.mirror != 0) {
    image = image.copy();
    image.remove(VIPS_META_ORIENTATION);
    if (image.get_typeof("exif-ifd0-Orientation") != 0) image.remove("exif-ifd0-Orientation");
  }
  return image;
}

VipsExtend to_vips(Extend extend) {
  switch (extend) {
    case Extend::black:
      return VIPS_EXTEND_BLACK;
    case Extend::repeat:
      return VIPS_EXTEND_REPEAT;
    case Extend::mirror:
      return VIPS_EXTEND_MIRROR;
    case Extend::white:
      return VIPS_EXTEND_WHITE;
    case Extend::background:
      return VIPS_EXTEND_BACKGROUND;
    case Extend::copy:
      break;
  }
  return VIPS_EXTEND_COPY;
}

/// The background in the image's own bands; `alpha` fills the alpha band.
std::vector<double> in_bands(const VImage& image, const Color& color, double alpha) {
  std::vector<double> out;
  const int colours = image.bands() - (image.has_alpha() ? 1 : 0);
  if (colours == 1) {
    out.push_back(0.2126 * color[0] + 0.7152 * color[1] + 0.0722 * color[2]);
  } else {
    out.assign(color.begin(), color.end());
  }
  if (image.has_alpha()) out.push_back(alpha);
  return out;
}

/// The area of that size which the first frame says is worth seeing. All pixels have to be there.
Rect interesting_area(const VImage& image, const Rect& wanted) {
  const VImage first = frame_of(image, 0).smartcrop(wanted.width, wanted.height);
  return {-first.xoffset(), -first.yoffset(), wanted.width, wanted.height};
}

VImage cropped(const VImage& image, const Rect& area) {
  return each_frame(
      image, [&](const VImage& frame) { return frame.extract_area(area.left, area.top, area.width, area.height); });
}

VImage on_canvas(VImage image, const Edit& edit) {
  const Rect& area = edit.area;
  switch (edit.canvas) {
    case Edit::Canvas::keep:
      return image;
    case Edit::Canvas::crop:
      return cropped(image, area);
    case Edit::Canvas::smart_crop:  // has become a crop
    case Edit::Canvas::extend:
      break;
  }
  // What these put above the picture is further down in it: all rows have to be there.
  if (edit.fill == Extend::mirror || edit.fill == Extend::repeat) image = in_memory(image);
  const std::vector<double> background = in_bands(image, edit.background, 0);
  return each_frame(image, [&](const VImage& frame) {
    return frame.embed(-area.left, -area.top, area.width, area.height,
                       VImage::option()->set("extend", to_vips(edit.fill))->set("background", background));
  });
}

VImage zoomed(const VImage& image, int factor) {
  return each_frame(in_memory(image), [&](const VImage& frame) { return frame.zoom(factor, factor); });
}

VImage blurred(const VImage& image, double sigma) {
  return each_frame(image, [&](const VImage& frame) {
    return premultiplied(frame, [&](const VImage& in) { return in.gaussblur(sigma); });
  });
}

/// What only a lossy answer shows may be spared. GIF and PNG are written without loss, and so may WebP be.
Precision precision_of(const Encoding& encoding) {
  const bool lossy = is_lossy(encoding.format) || (encoding.format == Format::webp && !encoding.lossless);
  constexpr int nearly_lossless = 95;
  constexpr double nearly_lossless_score = 90;
  const bool coarse =
      encoding.target > 0 ? encoding.target < nearly_lossless_score : encoding.quality < nearly_lossless;
  return lossy && coarse ? Precision::lossy : Precision::exact;
}

/// Whether the plan puts colours into the picture that are told in sRGB, or takes them out.
bool paints(const Edit& plan) {
  return plan.text || plan.mark || plan.grey || plan.flatten || plan.canvas == Edit::Canvas::extend;
}

/// Whether the plan puts something into the picture, or takes its colours out, which a gain map knows nothing of.
bool paints_over(const Edit& plan) {
  return plan.text || plan.mark || plan.grey || plan.flatten;
}

bool is_cmyk(const VImage& image) {
  return image.interpretation() == VIPS_INTERPRETATION_CMYK;
}

bool can_have_alpha(Format format) {
  return format != Format::jpeg;
}

/// Whether the format can say in which space these pixels are.
bool can_have_space_of(Format format, const VImage& image) {
  if (is_cmyk(image)) return format == Format::jpeg || format == Format::tiff;
  return format != Format::gif;
}

VImage flattened(const VImage& image, const Color& background) {
  std::vector<double> bands = in_bands(image, background, 0);
  bands.pop_back();
  return image.flatten(VImage::option()->set("background", bands));
}

/// No side longer than that.
Size fitted(Size size, int longest) {
  const double factor = std::min(1.0, static_cast<double>(longest) / std::max(size.width, size.height));
  const auto side = [factor](int length) { return std::max(1, static_cast<int>(std::lround(length * factor))); };
  return {side(size.width), side(size.height)};
}

/// Beyond that, pixels that are written as they come should not all be in memory first.
constexpr std::int64_t most_pixels_with_features = 10'000'000;

bool can_tell_features(const VImage& image) {
  return image.format() == VIPS_FORMAT_UCHAR && image.coding() == VIPS_CODING_NONE && image.bands() <= 4 &&
         !is_cmyk(image) && std::min(image.width(), frame_height(image)) >= prediction::least_side_for_features &&
         std::int64_t{image.width()} * image.height() <= most_pixels_with_features;
}

/// Of the first frame of an image in memory.
prediction::Features features_of(const VImage& image) {
  const auto* const samples = static_cast<const std::uint8_t*>(image.data());
  const std::size_t stride = VIPS_IMAGE_SIZEOF_LINE(image.get_image());
  const Size size{image.width(), frame_height(image)};
  return prediction::features_of(
      {size, image.bands(), stride, {samples, stride * static_cast<std::size_t>(size.height)}});
}

Small small_of(VImage image) {
  if (image.get_typeof(VIPS_META_ICC_NAME) != 0) image = in_srgb(image);
  image = image.colourspace(VIPS_INTERPRETATION_sRGB).cast(VIPS_FORMAT_UCHAR);
  if (!image.has_alpha()) image = image.bandjoin(255);
  std::size_t size = 0;
  const std::unique_ptr<void, decltype(&g_free)> memory(image.write_to_memory(&size), g_free);
  const auto* const samples = static_cast<const std::uint8_t*>(memory.get());
  return {{image.width(), image.height()}, {samples, samples + size}};
}

VImage picture_of(const Small& small) {
  const VImage samples(vips_image_new_from_memory_copy(small.rgba.data(), small.rgba.size(), small.size.width,
                                                       small.size.height, 4, VIPS_FORMAT_UCHAR));
  const VImage image = samples.copy(VImage::option()->set("interpretation", VIPS_INTERPRETATION_sRGB));
  return is_opaque(image) ? in_memory(image.extract_band(0, VImage::option()->set("n", 3))) : image;
}

}  // namespace

struct Workpiece::Pixels {
  VImage image;
};

/// A gain map as a picture that is worked on as the picture in front of it.
struct Workpiece::Companion {
  Companion(GainMap found, const Bytes& jpeg, Header header) : map(std::move(found)), work(jpeg, std::move(header)) {}

  GainMap map;
  Workpiece work;
};

Workpiece::Workpiece(Source source, Header header)
    : source_(std::move(source)), source_format_(header.format), header_(std::move(header)) {
  if (source_format_ != Format::jpeg) return;
  auto map = find_gain_map(source_.original.view());
  if (!map) return;
  const Bytes jpeg = Bytes::wrap(map->jpeg, std::make_shared<const Bytes>(source_.original));
  const auto size = static_cast<std::uint64_t>(header_.size.width) * static_cast<std::uint64_t>(header_.size.height);
  auto map_header = read_header(jpeg, {.max_pixels = size});
  if (!map_header || map_header->format != Format::jpeg || find_gain_map(jpeg.view())) return;
  map_header->orientation = header_.orientation;  // it lies as the picture does
  companion_ = std::make_unique<Companion>(std::move(*map), jpeg, std::move(*map_header));
}
Workpiece::~Workpiece() = default;

Result<void> Workpiece::apply(const Edit& plan, When when) {
  const Header before = header_;
  return vips_call([&]() -> Result<void> {
    std::optional<Scale> stored = plan.scale;
    if (stored && is_sideways(header_, plan)) stored = stored->sideways();
    if (plan.zoom > 1) stored = std::nullopt;
    header_.frames = frames_made(header_, plan);
    if (pixels_ && header_.frames == 1) pixels_->image = frame_of(pixels_->image, 0);
    auto small = pixels_ ? std::nullopt : decode_reduced(source_, header_, stored, plan.colours);
    const bool from_reduced = from_reduced_ || small;
    VImage image = pixels_ ? resized(pixels_->image, stored ? stored->size : header_.size)
                   : small
                       ? *std::move(small)
                       : decode_resized(source_.original, header_, stored, plan.colours, precision_of(plan.encoding));
    if (paints(plan) && image.get_typeof(VIPS_META_ICC_NAME) != 0) image = in_srgb(image);
    image = turned(image, header_, plan);
    if (plan.zoom > 1) {
      image = zoomed(image, plan.zoom);
      if (plan.scale) image = resized(image, plan.scale->size);
    }
    Edit cut = plan;
    if (plan.canvas == Edit::Canvas::smart_crop) {
      image = in_memory(image);
      cut.canvas = Edit::Canvas::crop;
      cut.area = interesting_area(image, plan.area);
    }
    image = on_canvas(image, cut);
    take_companion_along(cut, before, when);
    if (plan.blur_sigma > 0) image = blurred(image, plan.blur_sigma);
    if (plan.text || plan.mark) image = in_memory(image);  // marks read it more than once
    if (plan.text) image = with_text(image, *plan.text);
    if (plan.mark) image = with_picture(image, *plan.mark);
    if (plan.flatten && image.has_alpha()) image = flattened(image, plan.background);
    if (plan.grey) image = image.colourspace(VIPS_INTERPRETATION_B_W);
    if (when == When::now) image = in_memory(image);
    untouched_ = untouched_ && leaves_alone(plan, before);
    header_.format = plan.encoding.format;
    header_.size = {image.width(), frame_height(image)};
    header_.bands = image.bands();
    header_.alpha = image.has_alpha();
    if (plan.upright) header_.orientation = 0;
    pixels_ = std::make_unique<Pixels>(image);
    features_.reset();
    from_reduced_ = from_reduced;
    return {};
  });
}

/// Does to the gain map what is done to the picture, at the picture's own size, so that both stay in register. Without
/// one it does nothing; a gain map that can't follow is given up.
void Workpiece::take_companion_along(const Edit& plan, const Header& before, When when) {
  if (!companion_) return;
  if (paints_over(plan) || plan.encoding.format != Format::jpeg) return companion_.reset();
  Edit along = plan;
  const Size turned = turned_size(before, plan);
  along.zoom = 1;
  along.scale = Scale{plan.scale ? plan.scale->size : Size{turned.width * plan.zoom, turned.height * plan.zoom}};
  along.fill = Extend::black;  // what is beside the picture shines no brighter
  along.background = {0, 0, 0};
  if (!companion_->work.apply(along, when)) companion_.reset();
}

/// The gain map behind the picture, at half its size, which is more than enough for what it says.
Bytes Workpiece::with_companion(Bytes picture, const Encoding& encoding) {
  if (!companion_ || encoding.format != Format::jpeg || encoding.strip) return picture;
  const auto companion = std::move(companion_);  // it is at half its size then
  Workpiece& map = companion->work;
  constexpr int quality = 85;
  const Size size{std::max(1, map.header_.size.width / 2), std::max(1, map.header_.size.height / 2)};
  Edit half;
  half.upright = false;
  half.scale = Scale{size};
  half.encoding = {.format = Format::jpeg, .quality = quality, .strip = true};
  if (!map.apply(half)) return picture;
  const auto written = map.encode(half.encoding);
  if (!written) return picture;
  return with_gain_map(picture.view(), written->bytes.view(), companion->map);
}

Result<Small> Workpiece::shrink(int longest) {
  Edit plan;
  plan.scale = Scale{fitted(turned_size(header_, plan), longest)};
  plan.encoding.format = Format::avif;  // lossy, one frame, no gain map: what is enough here
  if (auto done = apply(plan); !done) return std::unexpected(std::move(done.error()));
  return vips_call([&]() -> Result<Small> {
    pixels_->image = in_memory(pixels_->image);
    return small_of(pixels_->image);
  });
}

Result<void> Workpiece::replace(const Small& picture) {
  return vips_call([&]() -> Result<void> {
    const VImage image = picture_of(picture);
    pixels_ = std::make_unique<Pixels>(image);
    features_.reset();
    untouched_ = false;
    companion_.reset();
    header_.size = picture.size;
    header_.bands = image.bands();
    header_.alpha = image.has_alpha();
    header_.profile = false;
    header_.orientation = 0;
    header_.frames = 1;
    return {};
  });
}

/// The quality for the encoding's target; nothing where there is none to choose, or no way to tell which. May throw.
std::optional<prediction::Choice> Workpiece::choose(const Encoding& encoding) {
  if (!prediction::has_choice(encoding) || header_.frames > 1) return std::nullopt;
  if (!features_) {
    if (!pixels_) pixels_ = std::make_unique<Pixels>(decode_resized(source_.original, header_, std::nullopt));
    VImage& image = pixels_->image;
    if (!can_tell_features(image)) return std::nullopt;
    image = in_memory(image);
    features_ = features_of(image);
  }
  return prediction::choose(encoding, *features_);
}

Result<Encoding> Workpiece::settled(const Encoding& encoding) {
  return vips_call([&]() -> Result<Encoding> {
    const auto choice = choose(encoding);
    return choice ? choice->encoding : encoding;
  });
}

/// What came may be the smaller one, and is the better one, where the answer is the same picture in the same format.
void Workpiece::prefer_as_it_came(Picture& picture, const Encoding& encoding) const {
  if (!untouched_ || encoding.target <= 0 || encoding.format != source_format_) return;
  const auto came = as_it_came(source_.original, source_format_);
  if (!came || came->size() > picture.bytes.size()) return;
  picture.bytes = *came;
  picture.format = source_format_;
  picture.predicted.reset();
}

Result<Picture> Workpiece::encode(const Encoding& encoding) {
  auto picture = written(encoding);
  if (picture) prefer_as_it_came(*picture, encoding);
  return picture;
}

Result<Picture> Workpiece::written(const Encoding& wanted) {
  return vips_call([&]() -> Result<Picture> {
    if (!can_animate(wanted.format)) header_.frames = 1;
    const auto choice = choose(wanted);
    const Encoding& encoding = choice ? choice->encoding : wanted;
    VImage image = pixels_ ? pixels_->image : decode_resized(source_.original, header_, std::nullopt);
    if (header_.frames == 1) image = frame_of(image, 0);
    if (image.get_typeof(VIPS_META_ICC_NAME) != 0 && !can_have_space_of(encoding.format, image)) image = in_srgb(image);
    if (image.has_alpha() && !can_have_alpha(encoding.format)) image = flattened(image, {0, 0, 0});
    const auto begun = std::chrono::steady_clock::now();
    Bytes bytes = with_companion(encoded(image, encoding), encoding);
    // Otherwise what is written is computed meanwhile.
    if (features_)
      prediction::pace().took(encoding, std::int64_t{image.width()} * image.height(),
                              std::chrono::steady_clock::now() - begun);
    Picture picture{std::move(bytes), {image.width(), frame_height(image)}, encoding.format};
    if (choice) picture.predicted = {encoding.quality, choice->score};
    return picture;
  });
}

/// Looks at the pixels only where the answer depends on them. May throw.
Content Workpiece::content(const Readable& readable) {
  if (!pixels_) pixels_ = std::make_unique<Pixels>(decode_resized(source_.original, header_, std::nullopt));
  VImage& image = pixels_->image;
  Content content{.source = source_format_,
                  .size = {image.width(), frame_height(image)},
                  .frames = header_.frames,
                  .alpha = image.has_alpha(),
                  .photographic = true};
  const bool lossy = is_lossy(source_format_);
  if (lossy && readable.modern.empty() && !content.alpha) return content;
  image = in_memory(image);
  if (content.alpha && content.frames == 1 && is_opaque(image)) {
    image = in_memory(image.extract_band(0, VImage::option()->set("n", image.bands() - 1)));
    header_.alpha = content.alpha = false;
    header_.bands = image.bands();
  }
  if (!lossy) content.photographic = looks_photographic(image);
  return content;
}

namespace {

/// What is left when there is no time for the best: the next one that is expected in time, or the quickest.
std::vector<Encoding> within(const Workpiece::Deadline& deadline, std::vector<Encoding> encodings,
                             const Content& content, const Readable& readable, const Encoding& plain) {
  const std::int64_t pixels = std::int64_t{content.size.width} * content.size.height;
  const auto fits = [&](const Encoding& encoding) {
    return prediction::pace().expected(encoding.format, pixels) <= *deadline;
  };
  if (!deadline || !content.photographic || content.frames > 1 || fits(encodings.front())) return encodings;
  Readable rest = readable;
  while (!fits(encodings.front())) {
    const auto refused = std::ranges::find(rest.modern, encodings.front().format);
    if (refused == rest.modern.end()) break;
    rest.modern.erase(refused);
    encodings = worth_trying(content, rest, plain);
  }
  return encodings;
}

}  // namespace

Result<Picture> Workpiece::encode_smallest(const Encoding& plain, const Readable& readable, Deadline deadline) {
  const auto looked_at = vips_call([&]() -> Result<Content> { return content(readable); });
  if (!looked_at) return std::unexpected(looked_at.error());
  Result<Picture> best = fail(400, "the picture can't be written in any format");
  const auto all = worth_trying(*looked_at, readable, plain);
  const auto timely = within(deadline, all, *looked_at, readable, plain);
  for (const Encoding& encoding : timely) {
    const int frames = header_.frames;
    auto picture = encode(encoding);
    header_.frames = frames;
    const bool better = picture && (!best || picture->bytes.size() < best->bytes.size());
    if (better || (!picture && !best)) best = std::move(picture);
  }
  if (!best) return best;
  best->hurried = timely.front().format != all.front().format;
  prefer_as_it_came(*best, plain);
  return best;
}

Result<Master> Workpiece::master(const Encoding& plain, const Readable* readable) {
  return vips_call([&]() -> Result<Master> {
    if (companion_ || header_.frames > 1) return fail(400, "an animation, or a picture with a gain map");
    // Who names a lossless format gets exactly his pixels.
    const double lossless_score = readable ? nearly_exact_score : exact_score;
    std::vector<Encoding> encodings;
    for (const Encoding& encoding :
         readable ? worth_trying(content(*readable), *readable, plain) : std::vector<Encoding>{plain})
      if (const auto refinable = to_be_refined(encoding, lossless_score)) encodings.push_back(*refinable);
    if (encodings.empty()) return fail(400, "its encoder leaves nothing to choose");
    VImage image = pixels_ ? pixels_->image : decode_resized(source_.original, header_, std::nullopt);
    image = frame_of(image, 0);
    if (image.has_alpha()) {
      const bool only_jpeg = std::ranges::all_of(encodings, [](const auto& e) { return !can_have_alpha(e.format); });
      std::erase_if(encodings, [&](const auto& e) { return !only_jpeg && !can_have_alpha(e.format); });
      if (only_jpeg) image = flattened(image, {0, 0, 0});
    }
    const std::int64_t pixels = std::int64_t{image.width()} * image.height();
    if (pixels > most_pixels_to_refine || std::min(image.width(), image.height()) < score::least_side)
      return fail(400, "too many or too few pixels");
    if (is_cmyk(image) || image.format() != VIPS_FORMAT_UCHAR || vips_image_get_orientation(image.get_image()) > 1)
      return fail(400, "inks, more than 8 bits, or not upright");
    const Encoding lossless{.format = Format::png, .compression = 1, .strip = plain.strip};
    return Master{encoded(image, lossless), std::move(encodings)};
  });
}

Result<Picture> edit(const Source& source, const Header& header, const Edit& plan) {
  Workpiece work(source, header);
  if (auto done = work.apply(plan); !done) return std::unexpected(std::move(done.error()));
  return work.encode(plan.encoding);
}

}  // namespace imcaxy::image
