#include "python/field_attributes.hpp"

#include <array>

#include "python/critical_section.hpp"
#include "python/imports.hpp"
#include "python/no_collection.hpp"
#include "python/pair.hpp"
#include "python/subfields.hpp"
#include "python/text.hpp"

namespace rapidmarc::python {
namespace {

FieldObject* self_of(PyObject* object) noexcept { return as_field(object); }

py::object as_indicators(PyObject* value) {
  if (Py_TYPE(value) == imports().indicators) return py::reinterpret_borrow<py::object>(value);
  const py::object arguments = owned(PySequence_Tuple(value));
  return owned(
      PyObject_CallObject(reinterpret_cast<PyObject*>(imports().indicators), arguments.ptr()));
}

PyObject* get_tag(PyObject* object, void* /*closure*/) {
  FieldObject* const self = self_of(object);
  if (self->tag == nullptr) {
    self->tag = interned_tag(self->tag_text);  // tags repeat: one object compares by identity
    if (self->tag == nullptr) return nullptr;
  }
  return Py_NewRef(self->tag);
}

int set_part(PyObject* object, PyObject* value, PyObject* FieldObject::* part, const char* name) {
  FieldObject* const self = self_of(object);
  if (value == nullptr) {
    PyErr_Format(PyExc_TypeError, "cannot delete attribute '%s'", name);
    return -1;
  }
  assign(self->*part, value);
  self->changed = true;
  track(self);
  return 0;
}

int set_tag(PyObject* object, PyObject* value, void* /*closure*/) {
  return set_part(object, value, &FieldObject::tag, "tag");
}

PyObject* get_data(PyObject* object, void* /*closure*/) { return field_data(self_of(object)); }

int set_data(PyObject* object, PyObject* value, void* /*closure*/) {
  return set_part(object, value, &FieldObject::data, "data");
}

PyObject* get_indicators(PyObject* object, void* /*closure*/) {
  return guarded([object] { return indicators_of(self_of(object)); });
}

int set_indicators_slot(PyObject* object, PyObject* value, void* /*closure*/) {
  return guarded<int>(-1, [&] {
    set_indicators(self_of(object), value);
    return 0;
  });
}

int set_raw_indicators(PyObject* object, PyObject* value, void* /*closure*/) {
  return set_part(object, value, &FieldObject::indicators, "_indicators");
}

template <int number>
PyObject* get_indicator(PyObject* object, void* /*closure*/) {
  return guarded([object] { return indicator_of(self_of(object), number); });
}

template <int number>
int set_indicator(PyObject* object, PyObject* value, void* /*closure*/) {
  return guarded<int>(-1, [&] {
    FieldObject* const self = self_of(object);
    if (value == nullptr) throw py::type_error("cannot delete an indicator");
    if (is_control(self)) assign(self->indicators, Py_None);  // what follows fails, as in pymarc
    const py::object now = indicators_of(self);
    const py::object next = now.attr("_replace")(**py::dict(
        py::arg(number == 0 ? "first" : "second") = py::reinterpret_borrow<py::object>(value)));
    assign(self->indicators, next.ptr());
    self->changed = true;
    track(self);
    return 0;
  });
}

PyObject* get_subfields(PyObject* object, void* /*closure*/) {
  return guarded([object] { return subfield_list(self_of(object)); });
}

int set_subfields(PyObject* object, PyObject* value, void* /*closure*/) {
  // The tag and the indicators may still be read from the bytes.
  return set_part(object, value, &FieldObject::subfields, "subfields");
}

PyObject* get_control_field(PyObject* object, void* /*closure*/) {
  FieldObject* const self = self_of(object);
  if (self->control_field != nullptr) return Py_NewRef(self->control_field);
  return PyBool_FromLong(self->control ? 1 : 0);
}

int set_control_field(PyObject* object, PyObject* value, void* /*closure*/) {
  return set_part(object, value, &FieldObject::control_field, "control_field");
}

PyGetSetDef attributes[] = {
    {"tag", locked<get_tag>, locked<set_tag>, "str: the three characters that name the field.",
     nullptr},
    {"data", locked<get_data>, locked<set_data>, "str of a control field; None of a data field.",
     nullptr},
    {"indicators", locked<get_indicators>, locked<set_indicators_slot>,
     "Indicators of a data field; None of a control field.", nullptr},
    {"_indicators", locked<get_indicators>, locked<set_raw_indicators>, nullptr, nullptr},
    {"indicator1", locked<get_indicator<0>>, locked<set_indicator<0>>,
     "str: the first indicator; empty for a control field.", nullptr},
    {"indicator2", locked<get_indicator<1>>, locked<set_indicator<1>>,
     "str: the second indicator; empty for a control field.", nullptr},
    {"subfields", locked<get_subfields>, locked<set_subfields>,
     "list of Subfield, in order; it may be changed in place.", nullptr},
    {"control_field", locked<get_control_field>, locked<set_control_field>,
     "bool: whether this is a control field.", nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};

}  // namespace

PyGetSetDef* field_attributes() noexcept { return attributes; }

void track(FieldObject* self) noexcept {
  auto* const object = reinterpret_cast<PyObject*>(self);
  if (!PyObject_GC_IsTracked(object)) PyObject_GC_Track(object);
}

void set_indicators(FieldObject* self, PyObject* value) {
  if (value == nullptr) throw py::type_error("cannot delete attribute 'indicators'");
  if (is_list_or_tuple(value) && PySequence_Size(value) != 2 && PySequence_Size(value) != 0) {
    throw py::value_error("indicators are two characters; use Indicators(first, second)");
  }
  if (value == Py_None) return;
  const py::object indicators = as_indicators(value);
  assign(self->indicators, indicators.ptr());
  self->changed = true;
  track(self);
}

PyObject* field_data(FieldObject* field) noexcept {
  if (field->data == nullptr) {
    field->data = field->control && field->raw != nullptr ? new_text(field->bytes(), field->ascii)
                                                          : Py_NewRef(Py_None);
  }
  return Py_XNewRef(field->data);
}

bool is_control(FieldObject* field) {
  return field->control_field == nullptr ? field->control : is_true(field->control_field);
}

py::object indicators_of(FieldObject* field) {
  if (field->indicators == nullptr) {
    if (field->control || field->raw == nullptr) return py::none();
    const auto& characters = imports().characters;
    field->indicators = new_pair(imports().indicators,
                                 Py_NewRef(characters[static_cast<unsigned char>(field->raw[0])]),
                                 Py_NewRef(characters[static_cast<unsigned char>(field->raw[1])]));
    if (field->indicators == nullptr) throw py::error_already_set();
  }
  return py::reinterpret_borrow<py::object>(field->indicators);
}

py::object indicator_of(FieldObject* field, int number) {
  if (field->indicators == nullptr) {
    if (field->control || field->raw == nullptr)
      return owned(PyUnicode_FromStringAndSize(nullptr, 0));
    return py::reinterpret_borrow<py::object>(
        imports().characters[static_cast<unsigned char>(field->raw[number])]);
  }
  if (!is_true(field->indicators)) return owned(PyUnicode_FromStringAndSize(nullptr, 0));
  return py::reinterpret_borrow<py::object>(field->indicators)
      .attr(number == 0 ? "first" : "second");
}

namespace {

/// References to objects until a list takes them: its size is known last.
class Collected {
 public:
  Collected() = default;
  Collected(const Collected&) = delete;
  Collected& operator=(const Collected&) = delete;
  ~Collected() {
    for (std::size_t i = 0; i < size_; ++i) Py_DECREF(objects_[i]);
  }

  bool is_full() const noexcept { return size_ == objects_.size(); }
  void add(py::object object) noexcept { objects_[size_++] = object.release().ptr(); }

  py::object as_list() {
    const NoCollection while_the_field_is_read;
    py::object list = owned(PyList_New(static_cast<Py_ssize_t>(size_)));
    for (std::size_t i = 0; i < size_; ++i) {
      PyList_SET_ITEM(list.ptr(), static_cast<Py_ssize_t>(i), objects_[i]);
    }
    size_ = 0;
    return list;
  }

 private:
  std::array<PyObject*, 16> objects_{};
  std::size_t size_ = 0;
};

py::object as_object(const RawSubfields& subfield, bool ascii) {
  const Imports& known = imports();
  PyObject* const code = known.characters[static_cast<unsigned char>(subfield.code())];
  return owned(new_pair(known.subfield, Py_NewRef(code), new_text(subfield.value(), ascii)));
}

/// The list of those in the field's bytes.
py::object subfields_of(FieldObject* field) {
  RawSubfields subfields(field->bytes().substr(2));
  Collected first;
  while (!first.is_full()) {
    if (!subfields.next()) return first.as_list();
    first.add(as_object(subfields, field->ascii));
  }
  py::object list = first.as_list();
  while (subfields.next())
    checked(PyList_Append(list.ptr(), as_object(subfields, field->ascii).ptr()));
  return list;
}

}  // namespace

py::object subfield_list(FieldObject* field) {
  if (field->subfields == nullptr) {
    if (field->raw == nullptr || field->control) {
      field->subfields = owned(PyList_New(0)).release().ptr();
    } else {
      field->subfields = subfields_of(field).release().ptr();
    }
    track(field);
  }
  return py::reinterpret_borrow<py::object>(field->subfields);
}

}  // namespace rapidmarc::python
