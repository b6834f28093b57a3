// Making and freeing fields, and the type's slots. The parts of a field are in
// field_attributes.cpp, what it can be asked in field_methods.cpp.
#include "python/field.hpp"

#include <cstring>

#include "python/critical_section.hpp"
#include "python/field_attributes.hpp"
#include "python/field_methods.hpp"
#include "python/free_list.hpp"
#include "python/imports.hpp"
#include "python/no_collection.hpp"
#include "python/pair.hpp"
#include "python/text.hpp"

namespace rapidmarc::python {
namespace {

PyTypeObject* the_type = nullptr;

// Fields come and go by the million; a few freed ones are kept for the next.
FreeList<FieldObject, 64> free_fields;

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
  field->rewritten = false;
}

void drop_raw(FieldObject* field) noexcept {
  if (field->raw != field->inline_raw.data()) PyMem_Free(field->raw);
  field->raw = nullptr;
}

/// Memory for `size` bytes, in the field itself if they are few. Null when there is none.
char* room_for(FieldObject* field, std::size_t size) noexcept {
  return size <= field->inline_raw.size() ? field->inline_raw.data()
                                          : static_cast<char*>(PyMem_Malloc(size));
}

/// Whether somebody asked for a part, or set one.
bool has_parts(const FieldObject* field) noexcept {
  const auto bits = [](PyObject* part) { return reinterpret_cast<std::uintptr_t>(part); };
  return (bits(field->tag) | bits(field->data) | bits(field->indicators) | bits(field->subfields) |
          bits(field->control_field)) != 0;
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
  if (!has_parts(self)) return 0;
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
  if (type == the_type && free_fields.keep(self_of(object))) return;
  type->tp_free(object);
  Py_DECREF(type);
}

PyObject* make(PyTypeObject* type, PyObject* /*args*/, PyObject* /*kwargs*/) {
  PyObject* object = type->tp_alloc(type, 0);
  if (object != nullptr) reset(self_of(object));
  return object;
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
    const bool has_subfields = is_true(subfields);
    if (has_subfields) {
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
      if (!is_true(indicators)) {
        const py::object blanks = owned(new_pair(
            imports().indicators, Py_NewRef(imports().one_blank), Py_NewRef(imports().one_blank)));
        assign(self->indicators, blanks.ptr());
      } else if (is_list_or_tuple(indicators) && PySequence_Size(indicators) == 2) {
        // Made anew, as pymarc does, whatever kind of pair it is.
        const py::object pair = owned(PySequence_Tuple(indicators));
        const py::object made = owned(
            PyObject_CallObject(reinterpret_cast<PyObject*>(imports().indicators), pair.ptr()));
        assign(self->indicators, made.ptr());
      } else {
        set_indicators(self, indicators);
      }
    }
    if (!self->control && has_subfields) {
      assign(self->subfields, subfields);
    } else {
      Py_XSETREF(self->subfields, owned(PyList_New(0)).release().ptr());
    }
    track(self);
    return 0;
  });
}

}  // namespace

PyTypeObject* field_type() noexcept { return the_type; }

FieldObject* new_field(const char* tag, bool control, std::string_view data, bool ascii) noexcept {
  FieldObject* self = free_fields.take();
  if (self != nullptr) {
    revive(reinterpret_cast<PyObject*>(self));
  } else {
    const NoCollection while_it_is_made;  // `data` may be a record's
    self = PyObject_GC_New(FieldObject, the_type);
    if (self == nullptr) return nullptr;
  }
  reset(self);
  std::memcpy(self->tag_text, tag, sizeof self->tag_text);
  self->control = control;
  self->ascii = ascii;
  char* const raw = room_for(self, data.size());
  if (raw == nullptr) {
    Py_DECREF(reinterpret_cast<PyObject*>(self));
    PyErr_NoMemory();
    return nullptr;
  }
  std::memcpy(raw, data.data(), data.size());
  self->raw = raw;
  self->raw_length = static_cast<std::uint32_t>(data.size());
  return self;
}

void rewrite(FieldObject* field, std::size_t first, std::size_t length, std::string_view text) {
  const std::string_view before = field->bytes();
  const std::string_view tail = before.substr(first + length);
  const std::size_t size = first + text.size() + tail.size();
  const bool stays = size <= before.size() ||
                     (field->raw == field->inline_raw.data() && size <= field->inline_raw.size());
  char* const raw = stays ? field->raw : static_cast<char*>(PyMem_Malloc(size));
  if (raw == nullptr) throw std::bad_alloc();
  std::memmove(raw + first + text.size(), tail.data(), tail.size());
  std::memcpy(raw + first, text.data(), text.size());
  if (!stays) {
    std::memcpy(raw, before.data(), first);
    drop_raw(field);
    field->raw = raw;
  }
  field->raw_length = static_cast<std::uint32_t>(size);
  field->rewritten = true;
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
      {Py_tp_init, reinterpret_cast<void*>(locked<initialize>)},
      {Py_tp_dealloc, reinterpret_cast<void*>(deallocate)},
      {Py_tp_traverse, reinterpret_cast<void*>(traverse)},
      {Py_tp_clear, reinterpret_cast<void*>(clear)},
      {Py_tp_getset, field_attributes()},
      {Py_tp_methods, field_methods()},
      {Py_tp_iter, reinterpret_cast<void*>(locked<field_iter>)},
      {Py_tp_iternext, reinterpret_cast<void*>(locked<field_next>)},
      {Py_mp_subscript, reinterpret_cast<void*>(locked<field_get_item>)},
      {Py_mp_ass_subscript, reinterpret_cast<void*>(locked<field_set_item>)},
      {Py_sq_contains, reinterpret_cast<void*>(locked<field_contains>)},
      {Py_tp_str, reinterpret_cast<void*>(locked<field_str>)},
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
