// HTML as elements in the document's order, read by gumbo as browsers read it. Internal to this module.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace imcaxy::page {

/// One element; good during the call that it was given to.
class Element {
 public:
  explicit Element(const void* node) : node_(node) {}

  /// In small letters.
  std::string name() const;
  /// Empty where it is missing.
  std::string_view attribute(const char* name) const;
  /// The text right inside.
  std::string_view text() const;

 private:
  const void* node_;
};

/// Both are called for every element: before and after what is inside.
struct Visitor {
  std::function<void(const Element&)> enter, leave;
};

void visit(std::string_view html, const Visitor& visitor);

}  // namespace imcaxy::page
