#include "python/text.hpp"

#include "core/widen.hpp"

namespace rapidmarc::python {

PyObject* new_wide_text(std::string_view utf8) noexcept {
  const Extent extent = extent_of(utf8);
  if (extent.widest == Widest::ascii) return new_text(utf8, true);
  // Python's own decoder does not know how wide the text will become, and makes it again when it
  // turns out to be wider.
  const auto length = static_cast<Py_ssize_t>(extent.characters);
  PyObject* const text = PyUnicode_New(length, static_cast<Py_UCS4>(extent.widest));
  if (text == nullptr) return nullptr;
  void* const data = PyUnicode_DATA(text);
  switch (extent.widest) {
    case Widest::ascii:
    case Widest::latin1:
      widen(utf8, std::span(static_cast<Py_UCS1*>(data), extent.characters));
      break;
    case Widest::basic_plane:
      widen(utf8, std::span(static_cast<Py_UCS2*>(data), extent.characters));
      break;
    case Widest::any: widen(utf8, std::span(static_cast<Py_UCS4*>(data), extent.characters)); break;
  }
  return text;
}

}  // namespace rapidmarc::python
