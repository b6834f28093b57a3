// Walks over a field's subfields, whether they are still bytes or already Python objects.
#pragma once

#include <string_view>

#include "core/subfields.hpp"
#include "python/field.hpp"
#include "python/imports.hpp"
#include "python/text.hpp"

namespace rapidmarc::python {

class SubfieldWalk {
 public:
  explicit SubfieldWalk(FieldObject* field) : field_(field) {
    if (field->subfields == nullptr && field->raw != nullptr && !field->control) {
      bytes_ = RawSubfields(field->bytes().substr(2));
      raw_ = true;
    } else if (field->subfields != nullptr) {
      const auto given = py::reinterpret_borrow<py::object>(field->subfields);
      list_ = owned(PySequence_Fast(given.ptr(), "subfields must be iterable"));
    }
  }

  /// Goes to the next subfield; false behind the last.
  bool next() {
    if (!raw_) {
      if (!list_ || index_ >= PySequence_Fast_GET_SIZE(list_.ptr())) return false;
      item_ = py::reinterpret_borrow<py::object>(PySequence_Fast_GET_ITEM(list_.ptr(), index_++));
      return true;
    }
    return bytes_.next();
  }

  /// Whether code() == `code`, whose character is `character` if it is one of ASCII (-1 otherwise).
  bool code_is(PyObject* code, int character) {
    if (raw_) return character == static_cast<unsigned char>(raw_code());
    const py::object own = this->code();
    const int equal = PyObject_RichCompareBool(own.ptr(), code, Py_EQ);
    checked(equal);
    return equal == 1;
  }

  py::object code() {
    if (raw_)
      return py::reinterpret_borrow<py::object>(
          imports().characters[static_cast<unsigned char>(raw_code())]);
    if (is_pair()) return py::reinterpret_borrow<py::object>(PyTuple_GET_ITEM(item_.ptr(), 0));
    return item_.attr("code");
  }

  py::object value() {
    if (raw_) return text(raw_value(), field_->ascii);
    if (is_pair()) return py::reinterpret_borrow<py::object>(PyTuple_GET_ITEM(item_.ptr(), 1));
    return item_.attr("value");
  }

  bool raw() const noexcept { return raw_; }
  char raw_code() const noexcept { return bytes_.code(); }
  std::string_view raw_value() const noexcept { return bytes_.value(); }

 private:
  bool is_pair() const noexcept { return Py_TYPE(item_.ptr()) == imports().subfield; }

  FieldObject* field_;
  bool raw_ = false;
  RawSubfields bytes_;
  py::object list_;
  py::object item_;
  Py_ssize_t index_ = 0;
};

}  // namespace rapidmarc::python
