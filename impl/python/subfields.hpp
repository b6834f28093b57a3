// Walks over a field's subfields, whether they are still bytes or already Python objects.
#pragma once

#include <algorithm>
#include <string_view>

#include "core/format.hpp"
#include "python/field.hpp"
#include "python/imports.hpp"
#include "python/text.hpp"

namespace rapidmarc::python {

/// The subfields in the bytes of a data field behind its indicators.
class RawSubfields {
 public:
  RawSubfields() = default;
  explicit RawSubfields(std::string_view bytes) : rest_(bytes) {}

  /// Goes to the next subfield; false behind the last.
  bool next() {
    while (!rest_.empty()) {  // rest_ begins with a delimiter
      const std::size_t end = std::min(rest_.find(subfield_delimiter, 1), rest_.size());
      part_ = rest_.substr(1, end - 1);
      rest_.remove_prefix(end);
      if (!part_.empty()) return true;
    }
    return false;
  }

  char code() const noexcept { return part_[0]; }
  std::string_view code_text() const noexcept { return part_.substr(0, 1); }
  std::string_view value() const noexcept { return part_.substr(1); }

 private:
  std::string_view rest_;
  std::string_view part_;
};

class SubfieldWalk {
 public:
  explicit SubfieldWalk(FieldObject* field) : field_(field) {
    if (field->subfields == nullptr && field->raw != nullptr && !field->control) {
      bytes_ = RawSubfields(field->bytes().substr(2));
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
