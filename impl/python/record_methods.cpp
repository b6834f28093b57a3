#include "python/record_methods.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "core/format.hpp"
#include "python/arguments.hpp"
#include "python/critical_section.hpp"
#include "python/imports.hpp"
#include "python/no_collection.hpp"
#include "python/record_encode.hpp"
#include "python/record_forms.hpp"
#include "python/subfields.hpp"
#include "python/text.hpp"

namespace rapidmarc::python {
namespace {

RecordObject* self_of(PyObject* object) noexcept { return as_record(object); }

/// The field of entry `number`, the same object each time. Borrowed.
PyObject* field_at(RecordObject* self, std::uint32_t number) {
  PyObject*& place = field_place(self, number);
  if (place == nullptr) {
    const Entry& entry = self->entries[number];
    FieldObject* const field = new_field(entry.tag, entry.control,
                                         {self->content + entry.offset, entry.length}, self->ascii);
    if (field == nullptr) throw py::error_already_set();
    place = reinterpret_cast<PyObject*>(field);
  }
  return place;
}

/// A tag to look for; compares with the entries of a view without making objects.
class Tag {
 public:
  explicit Tag(PyObject* object) : object_(object) {
    if (PyUnicode_Check(object) && PyUnicode_GET_LENGTH(object) == 3 &&
        PyUnicode_IS_ASCII(object) != 0) {
      Entry entry{};
      std::memcpy(entry.tag, PyUnicode_1BYTE_DATA(object), sizeof entry.tag);
      number_ = tag_number(entry);
    }
  }

  /// Entry `number` of a view. A field that was made may have got another tag since.
  bool matches(RecordObject* record, std::uint32_t number) const {
    if (PyObject* const made = record->made_of(number); made != nullptr) return matches(made);
    // To compare with another tag may have run anything, and so have left fewer entries.
    return number < record->entry_count && tag_number(record->entries[number]) == number_;
  }

  bool matches(PyObject* field) const { return has_tag(field, object_); }

  /// The first entry of a view that matches; else their count.
  std::uint32_t find(RecordObject* record) const {
    std::uint32_t number = 0;
    if (record->made == nullptr) {
      const Entry* const entries = record->entries;
      const std::uint32_t count = record->entry_count;
      while (number < count && tag_number(entries[number]) != number_) ++number;
    } else {
      while (number < record->entry_count && !matches(record, number)) ++number;
    }
    return number;
  }

 private:
  PyObject* object_;
  std::uint32_t number_ = ~std::uint32_t{0};  // that of no tag
};

/// The first field with the tag; a null object if there is none.
py::object first_field(RecordObject* self, PyObject* wanted) {
  const Tag tag(wanted);
  if (self->is_view()) {
    const std::uint32_t number = tag.find(self);
    if (number >= self->entry_count) return {};  // or there are fewer than there were
    return py::reinterpret_borrow<py::object>(field_at(self, number));
  }
  const py::object list = field_list(self);
  const py::object fields = owned(PySequence_Fast(list.ptr(), "fields must be iterable"));
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(fields.ptr()); ++i) {
    auto field = py::reinterpret_borrow<py::object>(PySequence_Fast_GET_ITEM(fields.ptr(), i));
    if (tag.matches(field.ptr())) return field;
  }
  return {};
}

PyObject* get(PyObject* object, PyObject* const* args, Py_ssize_t count, PyObject* names) {
  return guarded([&]() -> py::object {
    const auto [tag, otherwise] = get_arguments("tag", args, count, names);
    if (auto field = first_field(self_of(object), tag)) return field;
    return py::reinterpret_borrow<py::object>(otherwise);
  });
}

PyObject* get_fields(PyObject* object, PyObject* const* tags, Py_ssize_t count) {
  return guarded([&]() -> py::object {
    RecordObject* const self = self_of(object);
    if (count == 0) return field_list(self);
    std::vector<Tag> wanted;
    wanted.reserve(static_cast<std::size_t>(count));
    for (Py_ssize_t i = 0; i < count; ++i) {
      if (count > 1 && PyObject_Hash(tags[i]) == -1)
        throw py::error_already_set();  // pymarc makes a set of them
      wanted.emplace_back(tags[i]);
    }
    const py::object found = owned(PyList_New(0));
    if (self->is_view()) {
      for (std::uint32_t i = 0; i < self->entry_count; ++i) {
        const bool matches = std::any_of(wanted.begin(), wanted.end(),
                                         [&](const Tag& tag) { return tag.matches(self, i); });
        if (matches && i < self->entry_count) {  // there may be fewer, as above
          checked(PyList_Append(found.ptr(), field_at(self, i)));
        }
      }
      return found;
    }
    for (const py::handle field : field_list(self)) {
      if (std::any_of(wanted.begin(), wanted.end(),
                      [&](const Tag& tag) { return tag.matches(field.ptr()); })) {
        checked(PyList_Append(found.ptr(), field.ptr()));
      }
    }
    return found;
  });
}

PyObject* add_field(PyObject* object, PyObject* fields) {
  return guarded([&]() -> py::object {
    const py::object list = field_list(self_of(object));
    list.attr("extend")(py::handle(fields));
    return py::none();
  });
}

PyObject* as_marc(PyObject* object, PyObject* args, PyObject* kwargs) {
  static const char* const names[] = {"oversize", nullptr};
  const char* oversize = "error";
  if (args != nullptr && (PyTuple_GET_SIZE(args) != 0 || kwargs != nullptr) &&
      PyArg_ParseTupleAndKeywords(args, kwargs, "|$s:as_marc", const_cast<char**>(names),
                                  &oversize) == 0) {
    return nullptr;
  }
  return guarded([&]() -> py::object {
    const EncoderLease encoder;
    const std::string_view bytes = encode(self_of(object), {oversize_of(oversize)}, *encoder);
    return py::bytes(bytes.data(), bytes.size());
  });
}

PyMethodDef methods[] = {
    {"get", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(locked<get>)),
     METH_FASTCALL | METH_KEYWORDS,
     "get(self, tag, default=None)\n--\n\nThe first field with `tag`, else `default`."},
    {"get_fields", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(locked<get_fields>)),
     METH_FASTCALL,
     "get_fields(self, *args)\n--\n\n"
     "List of the fields with one of the tags given, in the record's order; without tags the "
     "record's own list."},
    {"add_field", locked<add_field>, METH_VARARGS,
     "add_field(self, *fields)\n--\n\nAppends fields."},
    {"as_dict", locked<record_as_dict>, METH_NOARGS,
     "as_dict(self)\n--\n\nThe record as MARC-in-JSON has it, as a dict."},
    {"as_marc", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(locked<as_marc>)),
     METH_VARARGS | METH_KEYWORDS,
     "as_marc(self, *, oversize='error')\n--\n\n"
     "Bytes of the record (ISO 2709).\n\n"
     "A field over 9,999 or a record over 99,999 bytes has a length that the format cannot state. "
     "`oversize` says what\n"
     "then happens: 'error' raises ValueError, 'pymarc' writes the longer number (nothing can read "
     "that record), 'zero'\n"
     "writes zeros in its place. With `to_unicode` set, leader 09 of the record becomes 'a'."},
    {"as_marc21", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(locked<as_marc>)),
     METH_VARARGS | METH_KEYWORDS,
     "as_marc21(self, *, oversize='error')\n--\n\nThe same as as_marc()."},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

py::object leader_text(RecordObject* self) {
  if (self->leader != nullptr)
    return py::str(py::reinterpret_borrow<py::object>(self->leader));  // its code may replace it
  const auto characters = view_leader(self);
  return text({characters.data(), characters.size()}, true);
}

std::array<char, leader_length> view_leader(const RecordObject* self) noexcept {
  std::array<char, leader_length> characters{};
  if (self->data != nullptr) {
    std::memcpy(characters.data(), self->data, characters.size());
  } else {
    characters.fill(' ');
  }
  if (self->coded_as_utf8) characters[coding_scheme_position] = 'a';
  return characters;
}

py::object leader_of(RecordObject* self) {
  if (self->leader == nullptr) {
    const py::handle type(reinterpret_cast<PyObject*>(imports().leader));
    const py::object made = type(leader_text(self));
    // Python code ran; another thread may have asked meanwhile, and has the one that stays.
    if (self->leader == nullptr) self->leader = Py_NewRef(made.ptr());
    track(self);
  }
  return py::reinterpret_borrow<py::object>(self->leader);
}

py::object field_list(RecordObject* self) {
  if (self->fields == nullptr) {
    const NoCollection while_the_view_is_read;
    const std::uint32_t count = self->data == nullptr ? 0 : self->entry_count;
    const py::object list = owned(PyList_New(static_cast<Py_ssize_t>(count)));
    for (std::uint32_t i = 0; i < count; ++i) {
      PyList_SET_ITEM(list.ptr(), static_cast<Py_ssize_t>(i), Py_NewRef(field_at(self, i)));
    }
    self->fields = Py_NewRef(list.ptr());
    track(self);
  }
  return py::reinterpret_borrow<py::object>(self->fields);
}

PyMethodDef* record_methods() noexcept { return methods; }

PyObject* record_iter(PyObject* object) {
  self_of(object)->position = 0;
  return Py_NewRef(object);
}

PyObject* record_next(PyObject* object) {
  return guarded([object]() -> py::object {
    RecordObject* const self = self_of(object);
    const py::object list = field_list(self);
    const Py_ssize_t size = PyList_Check(list.ptr()) ? PyList_GET_SIZE(list.ptr())
                                                     : static_cast<Py_ssize_t>(py::len(list));
    if (self->position >= size) return {};
    return owned(PySequence_GetItem(list.ptr(), self->position++));
  });
}

PyObject* record_get_item(PyObject* object, PyObject* tag) {
  return guarded([&]() -> py::object {
    if (auto field = first_field(self_of(object), tag)) return field;
    PyErr_SetNone(PyExc_KeyError);
    throw py::error_already_set();
  });
}

int record_contains(PyObject* object, PyObject* wanted) {
  return guarded<int>(-1, [&] {
    RecordObject* const self = self_of(object);
    if (self->is_view()) {
      return Tag(wanted).find(self) < self->entry_count ? 1 : 0;
    }
    return first_field(self, wanted) ? 1 : 0;
  });
}

}  // namespace rapidmarc::python
