#include "python/field_methods.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include "core/strip.hpp"
#include "python/arguments.hpp"
#include "python/critical_section.hpp"
#include "python/field_attributes.hpp"
#include "python/imports.hpp"
#include "python/pair.hpp"
#include "python/subfields.hpp"
#include "python/text.hpp"

namespace rapidmarc::python {
namespace {

FieldObject* self_of(PyObject* object) noexcept { return as_field(object); }

/// The value of the first subfield with `code`; a null object if there is none.
py::object first_value(FieldObject* self, PyObject* code) {
  if (is_control(self)) return {};
  const int character = ascii_character(code);
  SubfieldWalk walk(self);
  while (walk.next()) {
    if (walk.code_is(code, character)) return walk.value();
  }
  return {};
}

py::object data_of(FieldObject* self) {
  if (is_exact_field(reinterpret_cast<PyObject*>(self))) return owned(field_data(self));
  return py::reinterpret_borrow<py::object>(reinterpret_cast<PyObject*>(self)).attr("data");
}

py::object data_or_empty(FieldObject* self) {
  const py::object data = data_of(self);
  return is_true(data.ptr()) ? data : text({}, true);
}

/// The bytes of `value` if they can stand in the place of others of a field that is still bytes.
std::optional<std::string_view> text_for_bytes(FieldObject* self, PyObject* value) {
  if (!self->holds_bytes() || !PyUnicode_CheckExact(value)) return std::nullopt;
  if (self->ascii && PyUnicode_IS_ASCII(value) == 0) return std::nullopt;
  Py_ssize_t size = 0;
  const char* const start = PyUnicode_AsUTF8AndSize(value, &size);
  if (start == nullptr) {
    PyErr_Clear();  // a lone surrogate: only an object can hold it
    return std::nullopt;
  }
  const std::string_view bytes{start, static_cast<std::size_t>(size)};
  // A delimiter would begin a subfield of its own.
  if (bytes.find(subfield_delimiter) != std::string_view::npos) return std::nullopt;
  return bytes;
}

/// Text put together in one buffer that is used again and again: by one writer, for the
/// interpreter's lock is held, or each thread has its own.
std::string& scratch() {
  static RAPIDMARC_PER_THREAD std::string buffer;
  buffer.clear();
  return buffer;
}

/// The values of a field that is still bytes, each stripped, with blanks between them. Valid until
/// the next call.
std::string_view joined_values(FieldObject* self) {
  RawSubfields subfields(self->bytes().substr(2));
  std::string_view first;
  char* begin = nullptr;  // set once there is a second value
  char* end = nullptr;
  for (bool is_first = true; subfields.next(); is_first = false) {
    const std::string_view value = strip(subfields.value());
    if (is_first) {
      first = value;
      continue;
    }
    if (begin == nullptr) {
      std::string& buffer = scratch();
      buffer.resize(self->raw_length);  // no more than all of it
      begin = buffer.data();
      end = std::copy(first.begin(), first.end(), begin);
    }
    *end++ = ' ';
    end = std::copy(value.begin(), value.end(), end);
  }
  if (begin == nullptr) return first;
  return {begin, static_cast<std::size_t>(end - begin)};
}

PyObject* get(PyObject* object, PyObject* const* args, Py_ssize_t count, PyObject* names) {
  return guarded([&]() -> py::object {
    const auto [code, otherwise] = get_arguments("code", args, count, names);
    if (auto value = first_value(self_of(object), code)) return value;
    return py::reinterpret_borrow<py::object>(otherwise);
  });
}

PyObject* value(PyObject* object, PyObject* /*unused*/) {
  return guarded([object]() -> py::object {
    FieldObject* const self = self_of(object);
    if (is_control(self)) return data_or_empty(self);
    if (self->raw != nullptr && self->subfields == nullptr && !self->control)
      return text(joined_values(self), self->ascii);
    SubfieldWalk walk(self);
    const py::object parts = owned(PyList_New(0));
    while (walk.next()) checked(PyList_Append(parts.ptr(), walk.value().attr("strip")().ptr()));
    return owned(PyUnicode_Join(imports().one_blank, parts.ptr()));
  });
}

bool is_subject_field(FieldObject* self) {
  if (self->tag == nullptr) return self->tag_text[0] == '6';
  return py::reinterpret_borrow<py::object>(self->tag).attr("startswith")("6").cast<bool>();
}

PyObject* format_field(PyObject* object, PyObject* /*unused*/) {
  return guarded([object]() -> py::object {
    FieldObject* const self = self_of(object);
    if (is_control(self)) return data_or_empty(self);
    const bool subject = is_subject_field(self);
    const auto lead = [subject](int code) {
      return subject && (code == 'v' || (code >= 'x' && code <= 'z')) ? " -- " : " ";
    };
    SubfieldWalk walk(self);
    if (walk.raw()) {
      std::string& joined = scratch();
      while (walk.next()) {
        if (walk.raw_code() == '6') continue;
        joined += lead(static_cast<unsigned char>(walk.raw_code()));
        joined += walk.raw_value();
      }
      return text(strip(joined), self->ascii);
    }
    const py::object parts = owned(PyList_New(0));
    while (walk.next()) {
      const int code = ascii_character(walk.code().ptr());
      if (code == '6') continue;
      checked(PyList_Append(parts.ptr(), text(lead(code), true).ptr()));
      checked(
          PyList_Append(parts.ptr(), owned(PyObject_Format(walk.value().ptr(), nullptr)).ptr()));
    }
    return owned(PyUnicode_Join(text({}, true).ptr(), parts.ptr())).attr("strip")();
  });
}

PyObject* get_subfields(PyObject* object, PyObject* const* codes, Py_ssize_t count) {
  return guarded([&]() -> py::object {
    FieldObject* const self = self_of(object);
    const py::object found = owned(PyList_New(0));
    if (count == 0 || is_control(self)) return found;
    SubfieldWalk walk(self);
    while (walk.next()) {
      const bool wanted = std::any_of(codes, codes + count, [&walk](PyObject* code) {
        return walk.code_is(code, ascii_character(code));
      });
      if (wanted) checked(PyList_Append(found.ptr(), walk.value().ptr()));
    }
    return found;
  });
}

/// Parts of a text as Python's f-strings would put them together.
class FormattedParts {
 public:
  FormattedParts() : parts_(owned(PyList_New(0))) {}
  void add(std::string_view ascii_text) {
    checked(PyList_Append(parts_.ptr(), text(ascii_text, true).ptr()));
  }
  void add(const py::object& value) {
    checked(PyList_Append(parts_.ptr(), owned(PyObject_Format(value.ptr(), nullptr)).ptr()));
  }
  py::object joined() const { return owned(PyUnicode_Join(text({}, true).ptr(), parts_.ptr())); }

 private:
  py::object parts_;
};

py::object marc_text(FieldObject* self) {
  FormattedParts parts;
  if (is_control(self)) {
    parts.add(data_of(self));
  } else {
    // Through the attributes, so that a subclass may have its say.
    const auto field = py::reinterpret_borrow<py::object>(reinterpret_cast<PyObject*>(self));
    parts.add(field.attr("indicator1"));
    parts.add(field.attr("indicator2"));
    SubfieldWalk walk(self);
    while (walk.next()) {
      parts.add(std::string_view{&subfield_delimiter, 1});
      parts.add(walk.code());
      parts.add(walk.value());
    }
  }
  parts.add(std::string_view{&field_terminator, 1});
  return parts.joined();
}

PyObject* as_marc(PyObject* object, PyObject* args, PyObject* kwargs) {
  static const char* const names[] = {"encoding", nullptr};
  const char* encoding = nullptr;
  if (PyArg_ParseTupleAndKeywords(args, kwargs, "s:as_marc", const_cast<char**>(names),
                                  &encoding) == 0)
    return nullptr;
  return guarded([&] {
    return owned(PyUnicode_AsEncodedString(marc_text(self_of(object)).ptr(), encoding, "strict"));
  });
}

PyObject* is_control_field(PyObject* object, PyObject* /*unused*/) {
  return PyObject_GetAttrString(object, "control_field");
}

PyObject* is_subject(PyObject* object, PyObject* /*unused*/) {
  return guarded([object]() -> py::object { return py::bool_(is_subject_field(self_of(object))); });
}

PyMethodDef methods[] = {
    {"get", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(locked<get>)),
     METH_FASTCALL | METH_KEYWORDS,
     "get(self, code, default=None)\n--\n\n"
     "Value of the first subfield with `code`, else `default` (always for a control field)."},
    {"value", locked<value>, METH_NOARGS,
     "value(self)\n--\n\nThe data of a control field; of a data field the stripped values, joined "
     "by blanks."},
    {"format_field", locked<format_field>, METH_NOARGS,
     "format_field(self)\n--\n\n"
     "Like value(), for people: without subfield 6, with \" -- \" before the subdivisions of a "
     "subject."},
    {"get_subfields",
     reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(locked<get_subfields>)),
     METH_FASTCALL,
     "get_subfields(self, *codes)\n--\n\nList of the values of all subfields with one of `codes`, "
     "in field order."},
    {"as_marc", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(locked<as_marc>)),
     METH_VARARGS | METH_KEYWORDS,
     "as_marc(self, encoding)\n--\n\n"
     "Bytes of the field with its terminator. Raises UnicodeEncodeError when `encoding` lacks a "
     "character."},
    {"as_marc21", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(locked<as_marc>)),
     METH_VARARGS | METH_KEYWORDS, "as_marc21(self, encoding)\n--\n\nThe same as as_marc()."},
    {"is_control_field", locked<is_control_field>, METH_NOARGS,
     "is_control_field(self)\n--\n\nThe attribute `control_field`."},
    {"is_subject_field", locked<is_subject>, METH_NOARGS,
     "is_subject_field(self)\n--\n\nWhether the tag begins with 6."},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

PyMethodDef* field_methods() noexcept { return methods; }

PyObject* field_iter(PyObject* object) {
  self_of(object)->position = 0;
  return Py_NewRef(object);
}

PyObject* field_next(PyObject* object) {
  return guarded([object]() -> py::object {
    FieldObject* const self = self_of(object);
    if (is_control(self)) return {};
    if (self->position < 0) {
      PyErr_SetString(PyExc_AttributeError, "call iter() on the field before next()");
      throw py::error_already_set();
    }
    const py::object list = subfield_list(self);
    if (PyList_Check(list.ptr())) {
      if (self->position >= PyList_GET_SIZE(list.ptr())) return {};
      return py::reinterpret_borrow<py::object>(PyList_GET_ITEM(list.ptr(), self->position++));
    }
    if (self->position >= static_cast<Py_ssize_t>(py::len(list))) return {};
    return owned(PySequence_GetItem(list.ptr(), self->position++));
  });
}

PyObject* field_get_item(PyObject* object, PyObject* code) {
  return guarded([&]() -> py::object {
    if (auto found = first_value(self_of(object), code)) return found;
    PyErr_SetNone(PyExc_KeyError);
    throw py::error_already_set();
  });
}

int field_set_item(PyObject* object, PyObject* code, PyObject* value) {
  return guarded<int>(-1, [&] {
    FieldObject* const self = self_of(object);
    const auto key_error = [](const std::string& message) {
      PyErr_SetString(PyExc_KeyError, message.c_str());
      return py::error_already_set();
    };
    if (value == nullptr) throw py::type_error("subfields are deleted by delete_subfield(code)");
    if (is_control(self)) throw key_error("field is a control field");
    const auto text = text_for_bytes(self, value);
    const py::object list = text ? py::object() : subfield_list(self);
    const int character = ascii_character(code);
    Py_ssize_t place = -1;
    std::string_view found;
    SubfieldWalk walk(self);
    for (Py_ssize_t i = 0; walk.next(); ++i) {
      if (!walk.code_is(code, character)) continue;
      if (place >= 0)
        throw key_error("more than one code '" + py::str(code).cast<std::string>() + "'");
      place = i;
      if (text) found = walk.raw_value();
    }
    if (place < 0) throw key_error("no code '" + py::str(code).cast<std::string>() + "'");
    if (text) {
      rewrite(self, static_cast<std::size_t>(found.data() - self->raw), found.size(), *text);
      return 0;
    }
    const py::object old = owned(PySequence_GetItem(list.ptr(), place));
    const py::object kept_code = old.attr("code");
    const py::object next =
        owned(new_pair(imports().subfield, Py_NewRef(kept_code.ptr()), Py_NewRef(value)));
    checked(PySequence_SetItem(list.ptr(), place, next.ptr()));
    return 0;
  });
}

int field_contains(PyObject* object, PyObject* code) {
  return guarded<int>(-1, [&] {
    FieldObject* const self = self_of(object);
    if (is_control(self)) return 0;
    const int character = ascii_character(code);
    SubfieldWalk walk(self);
    while (walk.next()) {
      if (walk.code_is(code, character)) return 1;
    }
    return 0;
  });
}

PyObject* field_str(PyObject* object) {
  return guarded([object]() -> py::object {
    FieldObject* const self = self_of(object);
    FormattedParts parts;
    parts.add("=");
    parts.add(py::reinterpret_borrow<py::object>(object).attr("tag"));
    parts.add("  ");
    if (is_control(self)) {
      const py::object data = data_or_empty(self);
      parts.add(data.attr("replace")(" ", "\\"));
      return parts.joined();
    }
    for (const py::handle indicator : indicators_of(self)) {
      const int character = ascii_character(indicator.ptr());
      if (character == ' ' || character == '\\') {
        parts.add("\\");
      } else {
        parts.add(py::reinterpret_borrow<py::object>(indicator));
      }
    }
    SubfieldWalk walk(self);
    while (walk.next()) {
      parts.add("$");
      parts.add(walk.code());
      parts.add(walk.value());
    }
    return parts.joined();
  });
}

}  // namespace rapidmarc::python
