// Making, freeing and changing fields: the type's slots and attributes. What fields can be asked is
// in field_methods.cpp.
#include "python/field.hpp"

#include <cstring>

#include "core/format.hpp"
#include "python/field_methods.hpp"
#include "python/imports.hpp"
#include "python/subfields.hpp"
#include "python/text.hpp"

namespace rapidmarc::python {
namespace {

PyTypeObject* the_type = nullptr;

// Fields come and go by the million; a few freed ones are kept for the next.
constexpr std::size_t most_free = 64;
std::array<FieldObject*, most_free> free_fields;
std::size_t free_count = 0;

FieldObject* self_of(PyObject* object) noexcept { return as_field(object); }

void reset(FieldObject* field) noexcept {
  field->tag = nullptr;
  field->data = nullptr;
  field->indicators = nullptr;
  field->subfields = nullptr;
  field->control_field = nullptr;
  field->position = -1;
  field->raw = nullptr;
  field->raw_length = 0;
  std::memset(field->tag_text, ' ', sizeof field->tag_text);
  field->control = false;
  field->ascii = false;
  field->changed = false;
}

void drop_raw(FieldObject* field) noexcept {
  if (field->raw != field->inline_raw.data()) PyMem_Free(field->raw);
  field->raw = nullptr;
}

int traverse(PyObject* object, visitproc visit, void* arg) {
  FieldObject* const self = self_of(object);
  Py_VISIT(Py_TYPE(object));
  Py_VISIT(self->tag);
  Py_VISIT(self->data);
  Py_VISIT(self->indicators);
  Py_VISIT(self->subfields);
  Py_VISIT(self->control_field);
  return 0;
}

int clear(PyObject* object) {
  FieldObject* const self = self_of(object);
  Py_CLEAR(self->tag);
  Py_CLEAR(self->data);
  Py_CLEAR(self->indicators);
  Py_CLEAR(self->subfields);
  Py_CLEAR(self->control_field);
  return 0;
}

void deallocate(PyObject* object) {
  PyTypeObject* const type = Py_TYPE(object);
  if (PyObject_GC_IsTracked(object)) PyObject_GC_UnTrack(object);
  clear(object);
  drop_raw(self_of(object));
  if (type == the_type && free_count < most_free) {
    free_fields[free_count++] = self_of(object);
  } else {
    type->tp_free(object);
  }
  Py_DECREF(type);
}

PyObject* make(PyTypeObject* type, PyObject* /*args*/, PyObject* /*kwargs*/) {
  PyObject* object = type->tp_alloc(type, 0);
  if (object != nullptr) reset(self_of(object));
  return object;
}

/// A field becomes known to the garbage collector once it holds something that could lead back to
/// it.
void track(FieldObject* self) noexcept {
  auto* const object = reinterpret_cast<PyObject*>(self);
  if (!PyObject_GC_IsTracked(object)) PyObject_GC_Track(object);
}

void assign(PyObject*& place, PyObject* value) noexcept {
  PyObject* const old = place;
  place = Py_NewRef(value);
  Py_XDECREF(old);
}

py::object padded_number(PyObject* number) {
  const py::object value = owned(PyNumber_Long(number));
  return owned(PyUnicode_FromFormat("%S", py::str("{:03}").format(value).ptr()));
}

/// The tag as pymarc keeps it: digits padded to three, other text as it is, anything else by way of
/// `int` or `str`.
py::object normal_tag(PyObject* tag) {
  if (PyUnicode_Check(tag)) {
    py::object given = py::reinterpret_borrow<py::object>(tag);
    if (PyUnicode_GET_LENGTH(tag) == 3 || !given.attr("isdigit")().cast<bool>()) return given;
    return padded_number(tag);
  }
  try {
    return padded_number(tag);
  } catch (py::error_already_set& error) {
    if (!error.matches(PyExc_TypeError) && !error.matches(PyExc_ValueError)) throw;
    return owned(PyObject_Format(tag, nullptr));
  }
}

bool is_control_tag(PyObject* tag) {
  const py::str given = py::reinterpret_borrow<py::str>(tag);
  return given.attr("__lt__")("010").cast<bool>() && given.attr("isdigit")().cast<bool>();
}

py::object as_indicators(PyObject* value) {
  if (Py_TYPE(value) == imports().indicators) return py::reinterpret_borrow<py::object>(value);
  const py::object arguments = owned(PySequence_Tuple(value));
  return owned(
      PyObject_CallObject(reinterpret_cast<PyObject*>(imports().indicators), arguments.ptr()));
}

bool is_list_or_tuple(PyObject* value) { return PyList_Check(value) || PyTuple_Check(value); }

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

int initialize(PyObject* object, PyObject* args, PyObject* kwargs) {
  static const char* const names[] = {"tag", "indicators", "subfields", "data", nullptr};
  PyObject* tag = nullptr;
  PyObject* indicators = Py_None;
  PyObject* subfields = Py_None;
  PyObject* data = Py_None;
  if (PyArg_ParseTupleAndKeywords(args, kwargs, "O|OOO:Field", const_cast<char**>(names), &tag,
                                  &indicators, &subfields, &data) == 0) {
    return -1;
  }
  return guarded<int>(-1, [&] {
    FieldObject* const self = self_of(object);
    clear(object);
    drop_raw(self);
    const py::object kept_tag = normal_tag(tag);
    const int has_subfields = PyObject_IsTrue(subfields);
    checked(has_subfields);
    if (has_subfields == 1) {
      const py::object first = owned(PySequence_GetItem(subfields, 0));
      if (PyUnicode_Check(first.ptr())) {
        throw py::value_error(
            "subfields are Subfield(code, value) objects, not a flat list of strings");
      }
    }
    assign(self->tag, kept_tag.ptr());
    self->control = is_control_tag(kept_tag.ptr());
    self->changed = true;
    if (self->control) {
      assign(self->data, data);
    } else {
      assign(self->data, Py_None);
      const int has_indicators = PyObject_IsTrue(indicators);
      checked(has_indicators);
      if (has_indicators == 0) {
        self->indicators = new_pair(imports().indicators, Py_NewRef(imports().one_blank),
                                    Py_NewRef(imports().one_blank));
        if (self->indicators == nullptr) throw py::error_already_set();
      } else if (is_list_or_tuple(indicators) && PySequence_Size(indicators) == 2) {
        // Made anew, as pymarc does, whatever kind of pair it is.
        const py::object pair = owned(PySequence_Tuple(indicators));
        self->indicators = owned(PyObject_CallObject(
                                     reinterpret_cast<PyObject*>(imports().indicators), pair.ptr()))
                               .release()
                               .ptr();
      } else {
        set_indicators(self, indicators);
      }
    }
    if (!self->control && has_subfields == 1) {
      assign(self->subfields, subfields);
    } else {
      Py_XSETREF(self->subfields, owned(PyList_New(0)).release().ptr());
    }
    track(self);
    return 0;
  });
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

PyObject* get_data(PyObject* object, void* /*closure*/) {
  FieldObject* const self = self_of(object);
  if (self->data == nullptr) {
    self->data = self->control && self->raw != nullptr ? new_text(self->bytes(), self->ascii)
                                                       : Py_NewRef(Py_None);
    if (self->data == nullptr) return nullptr;
  }
  return Py_NewRef(self->data);
}

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
  return guarded(
      [object] { return py::reinterpret_borrow<py::object>(subfield_list(self_of(object))); });
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
    {"tag", get_tag, set_tag, "str: the three characters that name the field.", nullptr},
    {"data", get_data, set_data, "str of a control field; None of a data field.", nullptr},
    {"indicators", get_indicators, set_indicators_slot,
     "Indicators of a data field; None of a control field.", nullptr},
    {"_indicators", get_indicators, set_raw_indicators, nullptr, nullptr},
    {"indicator1", get_indicator<0>, set_indicator<0>,
     "str: the first indicator; empty for a control field.", nullptr},
    {"indicator2", get_indicator<1>, set_indicator<1>,
     "str: the second indicator; empty for a control field.", nullptr},
    {"subfields", get_subfields, set_subfields,
     "list of Subfield, in order; it may be changed in place.", nullptr},
    {"control_field", get_control_field, set_control_field,
     "bool: whether this is a control field.", nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};

}  // namespace

PyTypeObject* field_type() noexcept { return the_type; }

FieldObject* new_field(const char* tag, bool control, std::string_view data, bool ascii) noexcept {
  FieldObject* self = nullptr;
  if (free_count > 0) {
    self = free_fields[--free_count];
    PyObject_Init(reinterpret_cast<PyObject*>(self), the_type);
  } else {
    self = PyObject_GC_New(FieldObject, the_type);
    if (self == nullptr) return nullptr;
  }
  reset(self);
  std::memcpy(self->tag_text, tag, sizeof self->tag_text);
  self->control = control;
  self->ascii = ascii;
  self->raw_length = static_cast<std::uint32_t>(data.size());
  self->raw = self->inline_raw.data();
  if (data.size() > self->inline_raw.size()) {
    self->raw = static_cast<char*>(PyMem_Malloc(data.size()));
    if (self->raw == nullptr) {
      Py_DECREF(reinterpret_cast<PyObject*>(self));
      PyErr_NoMemory();
      return nullptr;
    }
  }
  std::memcpy(self->raw, data.data(), data.size());
  return self;
}

bool is_control(FieldObject* field) {
  if (field->control_field == nullptr) return field->control;
  const int truth = PyObject_IsTrue(field->control_field);
  checked(truth);
  return truth == 1;
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
  const int truth = PyObject_IsTrue(field->indicators);
  checked(truth);
  if (truth == 0) return owned(PyUnicode_FromStringAndSize(nullptr, 0));
  return py::reinterpret_borrow<py::object>(field->indicators)
      .attr(number == 0 ? "first" : "second");
}

PyObject* subfield_list(FieldObject* field) {
  if (field->subfields == nullptr) {
    const py::object list = owned(PyList_New(0));
    SubfieldWalk walk(field);
    while (walk.next()) checked(PyList_Append(list.ptr(), walk.subfield().ptr()));
    field->subfields = Py_NewRef(list.ptr());
    track(field);
  }
  return field->subfields;
}

bool has_tag(PyObject* field, PyObject* tag) {
  if (is_exact_field(field)) {
    FieldObject* const self = as_field(field);
    if (self->tag == nullptr && PyUnicode_Check(tag)) {
      if (PyUnicode_GET_LENGTH(tag) != 3 || PyUnicode_IS_ASCII(tag) == 0) return false;
      return std::memcmp(PyUnicode_1BYTE_DATA(tag), self->tag_text, 3) == 0;
    }
  }
  const py::object own = py::reinterpret_borrow<py::object>(field).attr("tag");
  const int equal = PyObject_RichCompareBool(own.ptr(), tag, Py_EQ);
  checked(equal);
  return equal == 1;
}

void bind_field(py::module_& module) {
  static PyType_Slot slots[] = {
      {Py_tp_doc, const_cast<char*>("Field(tag, indicators=None, subfields=None, data=None)\n--\n\n"
                                    "One field of a record: a control field (tags 001 to 009) with "
                                    "`data`, or a data field with two\n"
                                    "indicators and a list of subfields.\n\n"
                                    "Raises ValueError for a flat list of strings as subfields and "
                                    "for indicators that are not two.\n"
                                    "Not to be changed by one thread while another reads it.\n\n"
                                    ">>> field = Field('245', Indicators('1', '0'), "
                                    "[Subfield('a', 'Moby Dick')])\n"
                                    ">>> field['a'], field.indicator1, field.value()\n"
                                    "('Moby Dick', '1', 'Moby Dick')\n"
                                    ">>> [(subfield.code, subfield.value) for subfield in field]\n"
                                    "[('a', 'Moby Dick')]\n"
                                    ">>> Field('001', data='ocm1').data\n"
                                    "'ocm1'\n")},
      {Py_tp_new, reinterpret_cast<void*>(make)},
      {Py_tp_init, reinterpret_cast<void*>(initialize)},
      {Py_tp_dealloc, reinterpret_cast<void*>(deallocate)},
      {Py_tp_traverse, reinterpret_cast<void*>(traverse)},
      {Py_tp_clear, reinterpret_cast<void*>(clear)},
      {Py_tp_getset, attributes},
      {Py_tp_methods, field_methods()},
      {Py_tp_iter, reinterpret_cast<void*>(field_iter)},
      {Py_tp_iternext, reinterpret_cast<void*>(field_next)},
      {Py_mp_subscript, reinterpret_cast<void*>(field_get_item)},
      {Py_mp_ass_subscript, reinterpret_cast<void*>(field_set_item)},
      {Py_sq_contains, reinterpret_cast<void*>(field_contains)},
      {Py_tp_str, reinterpret_cast<void*>(field_str)},
      {0, nullptr},
  };
  static PyType_Spec spec = {
      .name = "rapidmarc.field.Field",
      .basicsize = sizeof(FieldObject),
      .itemsize = 0,
      .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
      .slots = slots,
  };
  const py::object type = owned(PyType_FromSpec(&spec));
  the_type = reinterpret_cast<PyTypeObject*>(Py_NewRef(type.ptr()));
  module.attr("Field") = type;
}

}  // namespace rapidmarc::python
