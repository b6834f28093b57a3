// What a field can be asked; the functions behind the slots and methods of the type `Field`.
#pragma once

#include <pybind11/pybind11.h>

#include "python/field.hpp"

namespace rapidmarc::python {

bool is_control(FieldObject* field);
pybind11::object indicators_of(FieldObject* field);
pybind11::object indicator_of(FieldObject* field, int number);
/// The list of subfields, made if need be. Borrowed.
PyObject* subfield_list(FieldObject* field);

PyMethodDef* field_methods() noexcept;
PyObject* field_iter(PyObject* self);
PyObject* field_next(PyObject* self);
PyObject* field_get_item(PyObject* self, PyObject* code);
int field_set_item(PyObject* self, PyObject* code, PyObject* value);
int field_contains(PyObject* self, PyObject* code);
PyObject* field_str(PyObject* self);

}  // namespace rapidmarc::python
