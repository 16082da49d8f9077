#include "mongo/document.hpp"

#include "mongo/bson.hpp"

namespace imcaxy::mongo {
namespace {

constexpr int deepest = 100;
constexpr const char* date_name = "$date";

bool is_date(const Document& value) {
  return value.is_object() && value.size() == 1 && value.begin().key() == date_name &&
         value.begin().value().is_number_integer();
}

bool append_all(bson_t* into, const Document& from, int depth);

bool append(bson_t* into, const std::string& key, const Document& value, int depth) {
  const char* name = key.data();
  const int length = static_cast<int>(key.size());
  if (is_date(value)) return bson_append_date_time(into, name, length, value.begin().value().get<std::int64_t>());
  switch (value.type()) {
    case Document::value_t::object:
    case Document::value_t::array: {
      bson_t child;
      const bool is_array = value.is_array();
      if (!(is_array ? bson_append_array_begin(into, name, length, &child)
                     : bson_append_document_begin(into, name, length, &child)))
        return false;
      const bool filled = append_all(&child, value, depth + 1);
      return (is_array ? bson_append_array_end(into, &child) : bson_append_document_end(into, &child)) && filled;
    }
    case Document::value_t::string: {
      const auto& text = value.get_ref<const std::string&>();
      return bson_append_utf8(into, name, length, text.data(), static_cast<int>(text.size()));
    }
    case Document::value_t::boolean:
      return bson_append_bool(into, name, length, value.get<bool>());
    case Document::value_t::number_integer:
    case Document::value_t::number_unsigned:
      return bson_append_int64(into, name, length, value.get<std::int64_t>());
    case Document::value_t::number_float:
      return bson_append_double(into, name, length, value.get<double>());
    default:
      return bson_append_null(into, name, length);
  }
}

bool append_all(bson_t* into, const Document& from, int depth) {
  if (depth > deepest) return false;
  std::size_t index = 0;
  for (const auto& item : from.items()) {
    const std::string key = from.is_array() ? std::to_string(index++) : item.key();
    if (!append(into, key, item.value(), depth)) return false;
  }
  return true;
}

Document read_all(bson_iter_t& at, bool is_array, int depth);

Document read_value(const bson_iter_t& at, int depth) {
  switch (bson_iter_type(&at)) {
    case BSON_TYPE_UTF8: {
      std::uint32_t length = 0;
      const char* text = bson_iter_utf8(&at, &length);
      return std::string(text, length);
    }
    case BSON_TYPE_INT32:
      return bson_iter_int32(&at);
    case BSON_TYPE_INT64:
      return bson_iter_int64(&at);
    case BSON_TYPE_DOUBLE:
      return bson_iter_double(&at);
    case BSON_TYPE_BOOL:
      return bson_iter_bool(&at);
    case BSON_TYPE_DATE_TIME:
      return Document{{date_name, bson_iter_date_time(&at)}};
    case BSON_TYPE_DOCUMENT:
    case BSON_TYPE_ARRAY: {
      bson_iter_t inner;
      const bool is_array = bson_iter_type(&at) == BSON_TYPE_ARRAY;
      if (depth >= deepest || !bson_iter_recurse(&at, &inner)) return nullptr;
      return read_all(inner, is_array, depth + 1);
    }
    default:
      return nullptr;
  }
}

Document read_all(bson_iter_t& at, bool is_array, int depth) {
  Document out = is_array ? Document::array() : Document::object();
  while (bson_iter_next(&at)) {
    Document value = read_value(at, depth);
    if (is_array) {
      out.push_back(std::move(value));
    } else {
      out[bson_iter_key(&at)] = std::move(value);
    }
  }
  return out;
}

const Document* find(const Document& document, const char* name) {
  if (!document.is_object()) return nullptr;
  const auto it = document.find(name);
  return it == document.end() ? nullptr : &*it;
}

}  // namespace

Document date(WallTime time) {
  return {{date_name, std::int64_t{time.time_since_epoch().count()}}};
}

std::optional<WallTime> date_in(const Document& document, const char* name) {
  const Document* value = find(document, name);
  if (!value || !is_date(*value)) return std::nullopt;
  return WallTime(std::chrono::milliseconds(value->begin().value().get<std::int64_t>()));
}

std::optional<std::int64_t> number_in(const Document& document, const char* name) {
  const Document* value = find(document, name);
  if (!value || !value->is_number()) return std::nullopt;
  // Shells write whole numbers as double, too.
  return value->is_number_float() ? static_cast<std::int64_t>(value->get<double>()) : value->get<std::int64_t>();
}

std::optional<std::string> text_in(const Document& document, const char* name) {
  const Document* value = find(document, name);
  if (!value || !value->is_string()) return std::nullopt;
  return value->get<std::string>();
}

bool is_text(std::string_view text) {
  return bson_utf8_validate(text.data(), text.size(), false);
}

std::optional<Bson> to_bson(const Document& document) {
  Bson bson;
  if (!document.is_object() || !append_all(bson.get(), document, 0)) return std::nullopt;
  return bson;
}

Document from_bson(const bson_t& bson) {
  bson_iter_t at;
  if (!bson_iter_init(&at, &bson)) return Document::object();
  return read_all(at, false, 0);
}

}  // namespace imcaxy::mongo
