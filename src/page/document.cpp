#include "page/document.hpp"

#include <cstddef>
#include <memory_resource>
#include <vector>

#include <gumbo.h>

#include "base/text.hpp"

namespace imcaxy::page {
namespace {

const GumboElement& element_of(const void* node) {
  return static_cast<const GumboNode*>(node)->v.element;
}

/// Gives nothing back before the end: gumbo would free what it has made by recursion, as deep as the page is.
class Arena {
 public:
  GumboOptions options() {
    GumboOptions options = kGumboDefaultOptions;
    options.userdata = this;
    options.allocator = [](void* arena, std::size_t size) {
      return static_cast<Arena*>(arena)->memory_.allocate(size);
    };
    options.deallocator = [](void*, void*) {};
    options.max_errors = 0;
    return options;
  }

 private:
  std::pmr::monotonic_buffer_resource memory_;
};

}  // namespace

std::string Element::name() const {
  const GumboElement& element = element_of(node_);
  if (element.tag != GUMBO_TAG_UNKNOWN) return gumbo_normalized_tagname(element.tag);
  // Younger than gumbo, as <picture> is: an element like any other.
  GumboStringPiece text = element.original_tag;
  gumbo_tag_from_original_text(&text);
  return text.data ? ascii_lower(std::string_view(text.data, text.length)) : std::string();
}

std::string_view Element::attribute(const char* name) const {
  const GumboAttribute* const found = gumbo_get_attribute(&element_of(node_).attributes, name);
  return found ? found->value : std::string_view();
}

std::string_view Element::text() const {
  const GumboVector& children = element_of(node_).children;
  for (unsigned i = 0; i < children.length; ++i) {
    const auto* const child = static_cast<const GumboNode*>(children.data[i]);
    if (child->type == GUMBO_NODE_TEXT) return child->v.text.text;
  }
  return {};
}

void visit(std::string_view html, const Visitor& visitor) {
  Arena arena;
  const GumboOptions options = arena.options();
  const GumboOutput* const output = gumbo_parse_with_options(&options, html.data(), html.size());
  struct Place {
    const GumboNode* node;
    unsigned next = 0;  ///< of its children
  };
  // Without recursion, for the same reason.
  std::vector<Place> path{{output->root}};
  visitor.enter(Element(output->root));
  while (!path.empty()) {
    Place& here = path.back();
    const GumboVector& children = here.node->v.element.children;
    if (here.next == children.length) {
      visitor.leave(Element(here.node));
      path.pop_back();
      continue;
    }
    const auto* const child = static_cast<const GumboNode*>(children.data[here.next++]);
    if (child->type != GUMBO_NODE_ELEMENT) continue;  // nor what is in a <template>, which nobody sees
    visitor.enter(Element(child));
    path.push_back({child});
  }
}

}  // namespace imcaxy::page
