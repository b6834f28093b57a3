// The native part of `Field`: a copy of the field's bytes until somebody asks for more.
//
// A field taken from a record owns its few bytes, so it never keeps a block alive. Its parts
// (indicators, subfields, data) become Python objects one by one when asked for; the list of
// subfields, once made, is the truth, because its owner may change it. Rarely used methods are
// written in Python (rapidmarc/_field_methods.py) and attached to this type.
//
// Everything here is called with the interpreter's lock held.
#pragma once

#include <pybind11/pybind11.h>

#include <array>
#include <cstdint>
#include <string_view>

namespace rapidmarc::python {

struct FieldObject {
  PyObject_HEAD PyObject* tag;  // null: `tag_text`
  PyObject* data;               // null: not asked for yet; of a data field: None
  PyObject* indicators;         // null: those of `raw`
  PyObject* subfields;      // null: those of `raw`; else a list, or what a user put in its place
  PyObject* control_field;  // null: `control`
  Py_ssize_t position;      // of the iteration; -1 before the first
  char* raw;                // the field's data without terminator, in UTF-8; null: there is none
  std::uint32_t raw_length;
  char tag_text[3];
  bool control;
  bool ascii;      // every byte of `raw` is
  bool changed;    // tag, data, indicators or control_field were assigned
  bool rewritten;  // `raw` is not what was read any more
  std::array<char, 104> inline_raw;

  std::string_view bytes() const noexcept { return {raw, raw_length}; }
  /// Whether `raw` says everything about the field.
  bool holds_bytes() const noexcept { return raw != nullptr && subfields == nullptr && !changed; }
  /// Whether the field still is what was read.
  bool untouched() const noexcept { return holds_bytes() && !rewritten; }
};

PyTypeObject* field_type() noexcept;

/// A field that holds a copy of `data` (well-formed: for a data field two indicators, then
/// subfields). New reference, or null with an exception set.
FieldObject* new_field(const char* tag, bool control, std::string_view data, bool ascii) noexcept;

/// Puts `text` in the place of `length` bytes of `raw` from `first` on. The caller sees to it that
/// `ascii` stays true. Throws when there is no memory.
void rewrite(FieldObject* field, std::size_t first, std::size_t length, std::string_view text);

inline bool is_exact_field(PyObject* object) noexcept { return Py_TYPE(object) == field_type(); }
inline FieldObject* as_field(PyObject* object) noexcept {
  return reinterpret_cast<FieldObject*>(object);
}

/// Whether the field's tag is `tag`; throws when comparing fails. `field` may be anything with a
/// `tag`.
bool has_tag(PyObject* field, PyObject* tag);

/// Creates the type and adds it to the module.
void bind_field(pybind11::module_& module);

}  // namespace rapidmarc::python
