// Walks over a field's subfields, whether they are still bytes or already Python objects.
#pragma once

#include <optional>
#include <string_view>

#include "core/format.hpp"
#include "python/field.hpp"
#include "python/imports.hpp"
#include "python/text.hpp"

namespace rapidmarc::python {

class SubfieldWalk {
 public:
  explicit SubfieldWalk(FieldObject* field) : field_(field) {
    if (field->subfields == nullptr && field->raw != nullptr && !field->control) {
      rest_ = field->bytes().substr(2);
      raw_ = true;
    } else if (field->subfields != nullptr) {
      list_ = owned(PySequence_Fast(field->subfields, "subfields must be iterable"));
    }
  }

  /// Goes to the next subfield; false behind the last.
  bool next() {
    if (!raw_) {
      if (!list_ || index_ >= PySequence_Fast_GET_SIZE(list_.ptr())) return false;
      item_ = py::reinterpret_borrow<py::object>(PySequence_Fast_GET_ITEM(list_.ptr(), index_++));
      return true;
    }
    while (!rest_.empty()) {  // rest_ begins with a delimiter
      const std::size_t end = std::min(rest_.find(subfield_delimiter, 1), rest_.size());
      const std::string_view part = rest_.substr(1, end - 1);
      rest_.remove_prefix(end);
      if (part.empty()) continue;
      code_ = part[0];
      value_ = part.substr(1);
      return true;
    }
    return false;
  }

  /// Whether code() == `code`, whose character is `character` if it is one of ASCII (-1 otherwise).
  bool code_is(PyObject* code, int character) {
    if (raw_) return character == static_cast<unsigned char>(code_);
    const py::object own = this->code();
    const int equal = PyObject_RichCompareBool(own.ptr(), code, Py_EQ);
    checked(equal);
    return equal == 1;
  }

  py::object code() {
    if (raw_)
      return py::reinterpret_borrow<py::object>(
          imports().characters[static_cast<unsigned char>(code_)]);
    if (is_pair()) return py::reinterpret_borrow<py::object>(PyTuple_GET_ITEM(item_.ptr(), 0));
    return item_.attr("code");
  }

  py::object value() {
    if (raw_) return text(value_, field_->ascii);
    if (is_pair()) return py::reinterpret_borrow<py::object>(PyTuple_GET_ITEM(item_.ptr(), 1));
    return item_.attr("value");
  }

  /// The subfield as an object: a new `Subfield`, or what stands in the list.
  py::object subfield() {
    if (!raw_) return item_;
    return owned(
        new_pair(imports().subfield, code().release().ptr(), new_text(value_, field_->ascii)));
  }

  bool raw() const noexcept { return raw_; }
  char raw_code() const noexcept { return code_; }
  std::string_view raw_value() const noexcept { return value_; }

 private:
  bool is_pair() const noexcept { return Py_TYPE(item_.ptr()) == imports().subfield; }

  FieldObject* field_;
  bool raw_ = false;
  std::string_view rest_;
  char code_ = 0;
  std::string_view value_;
  py::object list_;
  py::object item_;
  Py_ssize_t index_ = 0;
};

}  // namespace rapidmarc::python
