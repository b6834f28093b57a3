// Making, freeing and changing records: the type's slots and attributes. What records can be asked
// is in record_methods.cpp, what they view in record_view.cpp.
#include "python/record.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "python/critical_section.hpp"
#include "python/free_list.hpp"
#include "python/imports.hpp"
#include "python/record_methods.hpp"
#include "python/text.hpp"

namespace rapidmarc::python {
namespace {

PyTypeObject* the_type = nullptr;

// Records come and go by the million; a few freed ones, and their arrays of fields, are kept for
// the next.
constexpr std::uint32_t pooled_fields = 64;  // places of an array that is kept
FreeList<RecordObject, 16> free_records;
FreeList<PyObject*, 16> free_arrays;

RecordObject* self_of(PyObject* object) noexcept { return as_record(object); }

void reset(RecordObject* record) noexcept {
  std::memset(reinterpret_cast<char*>(record) + offsetof(RecordObject, data), 0,
              sizeof(RecordObject) - offsetof(RecordObject, data));
}

void drop_made(RecordObject* record) noexcept {
  PyObject** const made = record->made;
  if (made == nullptr) return;
  record->made = nullptr;
  const std::uint32_t end = std::exchange(record->made_end, 0);
  for (std::uint32_t i = std::exchange(record->made_begin, 0); i < end; ++i) Py_XDECREF(made[i]);
  if (record->entry_count > pooled_fields || !free_arrays.keep(made)) PyMem_Free(made);
}

int traverse(PyObject* object, visitproc visit, void* arg) {
  RecordObject* const self = self_of(object);
  Py_VISIT(Py_TYPE(object));
  for (std::uint32_t i = self->made_begin; i < self->made_end; ++i) Py_VISIT(self->made[i]);
  Py_VISIT(self->fields);
  Py_VISIT(self->leader);
  Py_VISIT(self->to_unicode);
  Py_VISIT(self->force_utf8);
  Py_VISIT(self->pos);
  Py_VISIT(self->errors);
  return 0;
}

/// Whether somebody asked for a part, or set one.
bool has_parts(const RecordObject* record) noexcept {
  return record->made != nullptr || record->fields != nullptr || record->leader != nullptr ||
         record->pos != nullptr || record->errors != nullptr;
}

int clear(PyObject* object) {
  RecordObject* const self = self_of(object);
  Py_CLEAR(self->to_unicode);
  Py_CLEAR(self->force_utf8);
  if (!has_parts(self)) return 0;
  drop_made(self);
  Py_CLEAR(self->fields);
  Py_CLEAR(self->leader);
  Py_CLEAR(self->pos);
  Py_CLEAR(self->errors);
  return 0;
}

void drop_view(RecordObject* record) noexcept {
  if (record->batch != nullptr) LiveBatch::remove(record);
  if (record->own != nullptr) PyMem_Free(std::exchange(record->own, nullptr));
  record->data = nullptr;
  record->entry_count = 0;
}

void deallocate(PyObject* object) {
  PyTypeObject* const type = Py_TYPE(object);
  if (PyObject_GC_IsTracked(object)) PyObject_GC_UnTrack(object);
  clear(object);
  drop_view(self_of(object));
  if (type == the_type && free_records.keep(self_of(object))) return;
  type->tp_free(object);
  Py_DECREF(type);
}

PyObject* make(PyTypeObject* type, PyObject* /*args*/, PyObject* /*kwargs*/) {
  PyObject* object = type->tp_alloc(type, 0);
  if (object == nullptr) return nullptr;
  RecordObject* const self = self_of(object);
  reset(self);
  self->to_unicode = Py_NewRef(Py_True);
  self->force_utf8 = Py_NewRef(Py_False);
  return object;
}

int initialize(PyObject* object, PyObject* args, PyObject* kwargs) {
  static const char* const names[] = {
      "data",          "fields", "to_unicode",    "force_utf8", "hide_utf8_warnings",
      "utf8_handling", "leader", "file_encoding", nullptr};
  PyObject* data = nullptr;
  PyObject* fields = Py_None;
  PyObject* to_unicode = Py_True;
  PyObject* force_utf8 = Py_False;
  PyObject* hide_utf8_warnings = Py_False;
  PyObject* utf8_handling = nullptr;
  PyObject* leader = nullptr;
  PyObject* file_encoding = nullptr;
  if (PyArg_ParseTupleAndKeywords(args, kwargs, "|OOOOOOOO:Record", const_cast<char**>(names),
                                  &data, &fields, &to_unicode, &force_utf8, &hide_utf8_warnings,
                                  &utf8_handling, &leader, &file_encoding) == 0) {
    return -1;
  }
  return guarded<int>(-1, [&] {
    RecordObject* const self = self_of(object);
    clear(object);
    drop_view(self);
    reset(self);
    self->to_unicode = Py_NewRef(to_unicode);
    self->force_utf8 = Py_NewRef(force_utf8);
    const py::object given = leader != nullptr ? py::reinterpret_borrow<py::object>(leader)
                                               : py::str(std::string(24, ' '));
    const auto part = [&given](Py_ssize_t first, Py_ssize_t last) -> py::object {
      return given[py::slice(first, last, 1)];
    };
    const py::object whole = part(0, 10) + py::str("22") + part(12, 20) + py::str("4500");
    const py::handle leader_type(reinterpret_cast<PyObject*>(imports().leader));
    self->leader = leader_type(whole).release().ptr();
    if (is_true(fields)) {
      self->fields = Py_NewRef(fields);
      return 0;
    }
    self->fields = owned(PyList_New(0)).release().ptr();
    const Py_ssize_t size = data == nullptr ? 0 : PyObject_Size(data);
    if (size < 0) throw py::error_already_set();
    if (size > 0) {
      py::dict options;
      options["to_unicode"] = py::handle(to_unicode);
      options["force_utf8"] = py::handle(force_utf8);
      options["hide_utf8_warnings"] = py::handle(hide_utf8_warnings);
      if (utf8_handling != nullptr) options["utf8_handling"] = py::handle(utf8_handling);
      if (file_encoding != nullptr) options["encoding"] = py::handle(file_encoding);
      py::handle(object).attr("decode_marc")(py::handle(data), **options);
      return 0;
    }
    if (is_true(force_utf8)) py::handle(self->leader).attr("coding_scheme") = py::str("a");
    return 0;
  });
}

PyObject* get_leader(PyObject* object, void* /*closure*/) {
  return guarded([object] { return leader_of(self_of(object)); });
}

int set_object(PyObject* object, PyObject* value, PyObject* RecordObject::* part,
               const char* name) {
  if (value == nullptr) {
    PyErr_Format(PyExc_TypeError, "cannot delete attribute '%s'", name);
    return -1;
  }
  RecordObject* const self = self_of(object);
  assign(self->*part, value);
  track(self);
  return 0;
}

int set_leader(PyObject* object, PyObject* value, void* /*closure*/) {
  return set_object(object, value, &RecordObject::leader, "leader");
}

PyObject* get_fields(PyObject* object, void* /*closure*/) {
  return guarded([object] { return field_list(self_of(object)); });
}

int set_fields(PyObject* object, PyObject* value, void* /*closure*/) {
  // The leader may still have to be read from the view, which stays for it.
  return set_object(object, value, &RecordObject::fields, "fields");
}

template <PyObject* RecordObject::* part>
PyObject* get_object(PyObject* object, void* /*closure*/) {
  PyObject* const value = self_of(object)->*part;
  return value == nullptr ? PyLong_FromLong(0) : Py_NewRef(value);
}

template <PyObject* RecordObject::* part>
int set_plain(PyObject* object, PyObject* value, void* closure) {
  return set_object(object, value, part, static_cast<const char*>(closure));
}

PyObject* get_offset(PyObject* object, void* /*closure*/) {
  RecordObject* const self = self_of(object);
  return self->from_reader ? PyLong_FromUnsignedLongLong(self->offset) : Py_NewRef(Py_None);
}

PyObject* get_index(PyObject* object, void* /*closure*/) {
  RecordObject* const self = self_of(object);
  return self->from_reader ? PyLong_FromUnsignedLongLong(self->index) : Py_NewRef(Py_None);
}

PyObject* get_length(PyObject* object, void* /*closure*/) {
  RecordObject* const self = self_of(object);
  return self->from_reader ? PyLong_FromUnsignedLong(self->length) : Py_NewRef(Py_None);
}

PyObject* get_encoding(PyObject* object, void* /*closure*/) {
  const std::string_view name = name_of(self_of(object)->encoding);
  if (name.empty()) Py_RETURN_NONE;
  return PyUnicode_FromStringAndSize(name.data(), static_cast<Py_ssize_t>(name.size()));
}

PyObject* get_errors(PyObject* object, void* /*closure*/) {
  PyObject* const errors = self_of(object)->errors;
  return errors != nullptr ? Py_NewRef(errors) : PyList_New(0);
}

char pos_name[] = "pos";
char to_unicode_name[] = "to_unicode";
char force_utf8_name[] = "force_utf8";

PyGetSetDef attributes[] = {
    {"leader", locked<get_leader>, locked<set_leader>,
     "Leader: the 24 characters at the head of the record.", nullptr},
    {"fields", locked<get_fields>, locked<set_fields>,
     "list of Field, in the record's order; it may be changed in place.", nullptr},
    {"pos", locked<get_object<&RecordObject::pos>>, locked<set_plain<&RecordObject::pos>>,
     "int: unused, as in pymarc.", pos_name},
    {"to_unicode", locked<get_object<&RecordObject::to_unicode>>,
     locked<set_plain<&RecordObject::to_unicode>>,
     "bool: whether as_marc() marks the record as UTF-8.", to_unicode_name},
    {"force_utf8", locked<get_object<&RecordObject::force_utf8>>,
     locked<set_plain<&RecordObject::force_utf8>>,
     "bool: whether the record is UTF-8 whatever its leader says.", force_utf8_name},
    {"offset", locked<get_offset>, nullptr,
     "int: byte of the input at which the record starts; None if no reader made it.", nullptr},
    {"index", locked<get_index>, nullptr,
     "int: number of the record in the input, from 0; None if no reader made it.", nullptr},
    {"length", locked<get_length>, nullptr,
     "int: bytes of the record in the input; None if no reader made it.", nullptr},
    {"encoding", locked<get_encoding>, nullptr,
     "str: what the record's text was found to be in, 'utf-8', 'marc-8' or 'latin-1'; None unless "
     "a "
     "reader with encoding='auto' made it.",
     nullptr},
    {"errors", locked<get_errors>, nullptr,
     "list of the exceptions that tell what was wrong with a record that was salvaged; else empty.",
     nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};

}  // namespace

PyTypeObject* record_type() noexcept { return the_type; }

void track(RecordObject* record) noexcept {
  auto* const object = reinterpret_cast<PyObject*>(record);
  if (!PyObject_GC_IsTracked(object)) PyObject_GC_Track(object);
}

RecordObject* new_record(PyObject* to_unicode, PyObject* force_utf8) noexcept {
  RecordObject* self = free_records.take();
  if (self != nullptr) {
    revive(reinterpret_cast<PyObject*>(self));
  } else {
    self = PyObject_GC_New(RecordObject, the_type);
    if (self == nullptr) return nullptr;
  }
  reset(self);
  self->to_unicode = Py_NewRef(to_unicode);
  self->force_utf8 = Py_NewRef(force_utf8);
  return self;
}

PyObject*& field_place(RecordObject* record, std::uint32_t number) {
  if (record->made == nullptr) {
    PyObject** places = nullptr;
    if (record->entry_count <= pooled_fields) places = free_arrays.take();
    if (places == nullptr) {
      const std::uint32_t size = std::max(record->entry_count, pooled_fields);
      places = static_cast<PyObject**>(PyMem_Malloc(sizeof(PyObject*) * size));
      if (places == nullptr) throw std::bad_alloc();
    }
    record->made = places;
    record->made_begin = record->made_end = number;
    track(record);
  }
  if (number == record->made_end) {  // as when all are asked for
    record->made[number] = nullptr;
    ++record->made_end;
  } else if (number < record->made_begin) {
    std::fill(record->made + number, record->made + record->made_begin, nullptr);
    record->made_begin = number;
  } else if (number > record->made_end) {
    std::fill(record->made + record->made_end, record->made + number + 1, nullptr);
    record->made_end = number + 1;
  }
  return record->made[number];
}

void forget_fields(RecordObject* record) noexcept {
  drop_made(record);
  Py_CLEAR(record->fields);
}

void bind_record(py::module_& module) {
  static PyType_Slot slots[] = {
      {Py_tp_doc, const_cast<char*>("Record(data='', fields=None, to_unicode=True, "
                                    "force_utf8=False, hide_utf8_warnings=False, "
                                    "utf8_handling='strict', leader='                        ', "
                                    "file_encoding='iso8859-1')\n--\n\n"
                                    "A MARC record: a leader and a list of fields.\n\n"
                                    "`data` are the bytes of a record (ISO 2709) to decode; errors "
                                    "are those of decode_marc().\n"
                                    "Not to be changed by one thread while another uses it.\n\n"
                                    ">>> record = Record(fields=[Field('001', data='ocm1')])\n"
                                    ">>> record.add_field(Field('245', ['1', '0'], "
                                    "[Subfield('a', 'Moby Dick')]))\n"
                                    ">>> record['001'].data, record.title, '650' in record\n"
                                    "('ocm1', 'Moby Dick', False)\n"
                                    ">>> Record(record.as_marc())['245'].indicators\n"
                                    "Indicators(first='1', second='0')\n")},
      {Py_tp_new, reinterpret_cast<void*>(make)},
      {Py_tp_init, reinterpret_cast<void*>(locked<initialize>)},
      {Py_tp_dealloc, reinterpret_cast<void*>(deallocate)},
      {Py_tp_traverse, reinterpret_cast<void*>(traverse)},
      {Py_tp_clear, reinterpret_cast<void*>(clear)},
      {Py_tp_getset, attributes},
      {Py_tp_methods, record_methods()},
      {Py_tp_iter, reinterpret_cast<void*>(locked<record_iter>)},
      {Py_tp_iternext, reinterpret_cast<void*>(locked<record_next>)},
      {Py_mp_subscript, reinterpret_cast<void*>(locked<record_get_item>)},
      {Py_sq_contains, reinterpret_cast<void*>(locked<record_contains>)},
      {0, nullptr},
  };
  static PyType_Spec spec = {
      .name = "rapidmarc.record.Record",
      .basicsize = sizeof(RecordObject),
      .itemsize = 0,
      .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
      .slots = slots,
  };
  const py::object type = owned(PyType_FromSpec(&spec));
  the_type = reinterpret_cast<PyTypeObject*>(Py_NewRef(type.ptr()));
  module.attr("Record") = type;
}

}  // namespace rapidmarc::python
