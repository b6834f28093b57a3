// One way through everything a record says, for the forms that records are written in: whether a
// field is still bytes of the record's view or has become objects that somebody changed.
//
// A form is told what comes: `control(tag, data)`, or `begin(tag, first, second)`, then
// `subfield(code, value)` for each, then `end()`;
// and before a field of another class than `Field`, `check_other_class()`, which may refuse it.
#pragma once

#include <pybind11/pybind11.h>

#include <string>
#include <string_view>
#include <vector>

#include "python/field.hpp"
#include "python/record.hpp"
#include "python/record_methods.hpp"
#include "python/subfields.hpp"
#include "python/text.hpp"

namespace rapidmarc::python {

/// A piece of a record: text in UTF-8, or, if `object` is not null, whatever stands there instead.
/// Valid while the form is told about it.
struct Piece {
  std::string_view utf8;
  bool ascii = true;
  PyObject* object = nullptr;

  explicit Piece(std::string_view text, bool is_ascii = true) : utf8(text), ascii(is_ascii) {}
  explicit Piece(const py::object& other) : object(other.ptr()) {}
};

template <typename Form>
void walk_bytes(std::string_view tag, bool control, std::string_view content, bool ascii,
                Form& form) {
  if (control) {
    form.control(Piece(tag), Piece(content, ascii));
    return;
  }
  form.begin(Piece(tag), Piece(content.substr(0, 1)), Piece(content.substr(1, 1)));
  RawSubfields subfields(content.substr(2));
  while (subfields.next()) {
    form.subfield(Piece(subfields.code_text()), Piece(subfields.value(), ascii));
  }
  form.end();
}

/// `field` may be anything with the attributes of a `Field`.
template <typename Form>
void walk_field(PyObject* field, Form& form) {
  FieldObject* const exact = is_exact_field(field) ? as_field(field) : nullptr;
  if (exact != nullptr && exact->holds_bytes()) {
    // For the same reason as in `walk_fields`.
    const std::string tag(exact->tag_text, sizeof exact->tag_text);
    const std::string content(exact->bytes());
    walk_bytes(tag, exact->control, content, exact->ascii, form);
    return;
  }
  if (exact == nullptr) form.check_other_class();
  const auto object = py::reinterpret_borrow<py::object>(field);
  const py::object tag = object.attr("tag");
  const py::object control = object.attr("control_field");
  const int is_control_field = PyObject_IsTrue(control.ptr());
  checked(is_control_field);
  if (is_control_field == 1) {
    const py::object data = object.attr("data");
    form.control(Piece(tag), Piece(data));
    return;
  }
  const py::object first = object.attr("indicator1");
  const py::object second = object.attr("indicator2");
  form.begin(Piece(tag), Piece(first), Piece(second));
  if (exact != nullptr) {
    SubfieldWalk walk(exact);
    while (walk.next()) {
      const py::object code = walk.code();
      const py::object value = walk.value();
      form.subfield(Piece(code), Piece(value));
    }
  } else {
    const py::object subfields = object.attr("subfields");
    for (const py::handle subfield : subfields) {
      const py::object code = subfield.attr("code");
      const py::object value = subfield.attr("value");
      form.subfield(Piece(code), Piece(value));
    }
  }
  form.end();
}

/// Goes through the fields of a record whose class iterates in the way of `Record`.
template <typename Form>
void walk_fields(RecordObject* self, Form& form) {
  if (!self->is_view()) {
    const py::object list = field_list(self);
    for (const py::handle field : list) walk_field(field.ptr(), form);
    return;
  }
  // Making objects may collect garbage, and so run anything: the record's view may move meanwhile,
  // or become a list. So what is not an object yet is copied first, all of it where nothing is, and
  // nothing about the record is remembered.
  std::string content;
  if (self->made == nullptr) {
    content.assign(self->content, self->content_length);
    const std::vector<Entry> entries(self->entries, self->entries + self->entry_count);
    const bool ascii = self->ascii;
    for (const Entry& entry : entries) {
      walk_bytes(entry.tag_text(), entry.control,
                 std::string_view(content).substr(entry.offset, entry.length), ascii, form);
    }
    return;
  }
  for (std::uint32_t i = 0; i < self->entry_count; ++i) {
    if (PyObject* const made = self->made_of(i); made != nullptr) {
      const auto field = py::reinterpret_borrow<py::object>(made);
      walk_field(field.ptr(), form);
    } else {
      const Entry entry = self->entries[i];
      content.assign(self->content + entry.offset, entry.length);
      walk_bytes(entry.tag_text(), entry.control, content, self->ascii, form);
    }
  }
}

}  // namespace rapidmarc::python
